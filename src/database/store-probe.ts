import { Injectable } from '@nestjs/common';
import { Sql } from './sql.js';

/** Whether the store answers. */
@Injectable()
export class StoreProbe {
  constructor(private readonly sql: Sql) {}

  async isReachable(): Promise<boolean> {
    return this.sql.rows('SELECT 1').then(
      () => true,
      () => false,
    );
  }
}
