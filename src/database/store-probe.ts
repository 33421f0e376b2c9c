import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Sql } from './sql.js';

/** How long the store may take to answer, in milliseconds: whoever asks how the service is will not wait longer. */
const PATIENCE_MS = 1000;

/** Whether the store answers. */
@Injectable()
export class StoreProbe {
  constructor(private readonly sql: Sql) {}

  async isReachable(): Promise<boolean> {
    const answering = this.sql.rows('SELECT 1').then(
      () => true,
      () => false,
    );
    return Promise.race([answering, wait(PATIENCE_MS, false, { ref: false })]);
  }
}
