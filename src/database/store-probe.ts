import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Sql } from './sql.js';

/** How long the store may take to answer, in milliseconds: whoever asks how the service is will not wait longer. */
const PATIENCE_MS = 1000;

/** How often a write is tried at most, in milliseconds: anybody may ask. */
const WRITE_EVERY_MS = 1000;

/** Whether the store answers, and takes what is written. */
@Injectable()
export class StoreProbe {
  private writtenAtMs = -Infinity;
  private tookWrite = true;

  constructor(private readonly sql: Sql) {}

  async isReachable(): Promise<boolean> {
    return this.succeeds('SELECT 1');
  }

  /** Whether the embedded database takes writes, as it does not on a full disk. Of PostgreSQL that is not asked. */
  async isWritable(): Promise<boolean> {
    if (this.sql.isPostgres) return true;
    const nowMs = performance.now();
    if (nowMs - this.writtenAtMs < WRITE_EVERY_MS) return this.tookWrite;
    this.writtenAtMs = nowMs;
    // There is always a row; that nothing changes in it spares SQLite no write.
    this.tookWrite = await this.succeeds('UPDATE password_costs SET cost = cost');
    return this.tookWrite;
  }

  private async succeeds(statement: string): Promise<boolean> {
    const answering = this.sql.rows(statement).then(
      () => true,
      () => false,
    );
    return Promise.race([answering, wait(PATIENCE_MS, false, { ref: false })]);
  }
}
