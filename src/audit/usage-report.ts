import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { type Use, Usage } from './usage.js';

/** How much a contract was used on one day. */
export type UsageOfDay = { readonly day: string; readonly contract: string } & Readonly<Record<Use, number>>;

/** Reads how much each contract was used. */
@Injectable()
export class UsageReport {
  constructor(
    private readonly usage: Usage,
    private readonly sql: Sql,
  ) {}

  /** The days from one to another, both included, the newest first; what this instance counted up to now is in it. */
  async between(from: string, to: string): Promise<UsageOfDay[]> {
    await this.usage.flush();
    return this.sql.rows<UsageOfDay>(
      `SELECT day, contract, registrations, sign_ins, refreshes, requests FROM usage_days
       WHERE day >= :from AND day <= :to ORDER BY day DESC, contract`,
      { from, to },
    );
  }
}
