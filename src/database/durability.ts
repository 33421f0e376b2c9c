import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Sql } from './sql.js';

/** Makes writes that no power cut takes back, whatever `SQLITE_SYNCHRONOUS` says. */
@Injectable()
export class Durability {
  private readonly isGiven: boolean;
  private underWay = 0;

  constructor(
    private readonly sql: Sql,
    config: Config,
  ) {
    this.isGiven = sql.isPostgres || config.SQLITE_SYNCHRONOUS === 'FULL';
  }

  /** Does a write for which SQLite waits for the disk, and so brings there what was written before, too. */
  async durably<T>(write: () => Promise<T>): Promise<T> {
    if (this.isGiven) return write();
    this.underWay++;
    try {
      await this.sql.rows('PRAGMA synchronous = FULL');
      return await write();
    } finally {
      if (--this.underWay === 0) await this.sql.rows('PRAGMA synchronous = NORMAL');
    }
  }
}
