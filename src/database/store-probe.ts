import { setImmediate, setTimeout as wait } from 'node:timers/promises';
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

  /** @throws if the store does not answer, or takes too long */
  async demandReachable(): Promise<void> {
    await this.ask('SELECT 1');
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
    return this.ask(statement).then(
      () => true,
      () => false,
    );
  }

  private async ask(statement: string): Promise<void> {
    const answering = this.sql.rows(statement).then(() => true);
    if (!(await Promise.race([answering, this.outOfPatience()]))) throw new Error('The store does not answer in time.');
  }

  private async outOfPatience(): Promise<false> {
    await wait(PATIENCE_MS, undefined, { ref: false });
    // After a pause of the whole process, timers run before what the store answered meanwhile is read.
    return setImmediate(false);
  }
}
