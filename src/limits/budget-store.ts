import { Injectable } from '@nestjs/common';
import type { Quota } from '../config/setting.js';
import { Sql, timeOf } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';

/** A budget of somebody's. */
export interface Budget {
  /** What is limited, as the header fields name it. */
  readonly name: string;
  /** Whose it is. */
  readonly of: string;
  readonly quota: Quota;
}

/** A point that was taken from a budget, within a span of time. */
export interface Point {
  readonly key: string;
  readonly expires_at: string | Date;
}

/** A budget without a point left. */
export interface Spent extends Point {
  /** What time it was by the store's clock. */
  readonly read_at: string | Date;
}

/** What is spent of budgets, in the store. */
@Injectable()
export class BudgetStore {
  constructor(private readonly sql: Sql) {}

  /**
   * Takes one point from every budget if each has one left: however many attempts are made at once, no more pass than
   * there are points. On PostgreSQL, where others may take the last point of one meanwhile, it may take from some only.
   */
  async take(budgets: readonly Budget[]): Promise<Point[]> {
    const rows = budgets.map(({ quota }, i) => `(:key${i}::text, 1, {now+${quota.seconds}})`);
    const quotas = quotasOf(budgets);
    return this.sql.rows<Point>(
      `INSERT INTO rate_limits (key, points, expires_at)
       SELECT * FROM (VALUES ${rows.join(', ')}) AS attempt
       WHERE NOT EXISTS (SELECT 1 FROM rate_limits WHERE ${spentAmong(budgets)})
       ON CONFLICT (key) DO UPDATE SET
         points = CASE WHEN rate_limits.expires_at <= {now} THEN 1 ELSE rate_limits.points + 1 END,
         expires_at = CASE WHEN rate_limits.expires_at <= {now} THEN excluded.expires_at ELSE rate_limits.expires_at END
       WHERE rate_limits.expires_at <= {now} OR rate_limits.points < CASE rate_limits.key ${quotas} END
       RETURNING key, expires_at`,
      keysOf(budgets),
    );
  }

  /** Gives points back, within the span of time from which they were taken. */
  async giveBack(taken: readonly Point[]): Promise<void> {
    if (taken.length === 0) return;
    const rows = taken.map((_row, i) => `(:key${i}, 0, :expires${i})`);
    // An upsert like `take`, so that both lock the rows in one order and never wait for each other in a circle.
    await this.sql.rows(
      `INSERT INTO rate_limits (key, points, expires_at) VALUES ${rows.join(', ')}
       ON CONFLICT (key) DO UPDATE SET points = rate_limits.points - 1
       WHERE rate_limits.points > 0 AND rate_limits.expires_at = excluded.expires_at`,
      Object.fromEntries(
        taken.flatMap(({ key, expires_at }, i) => [
          [`key${i}`, key],
          [`expires${i}`, timeOf(expires_at)],
        ]),
      ),
    );
  }

  /** Of the budgets without a point left, the one that takes longest to become whole. */
  async spentOf(budgets: readonly Budget[]): Promise<Spent | undefined> {
    const rows = await this.sql.rows<Spent>(
      `SELECT key, expires_at, {now} AS read_at FROM rate_limits WHERE ${spentAmong(budgets)}
       ORDER BY expires_at DESC LIMIT 1`,
      keysOf(budgets),
    );
    return rows[0];
  }

  /** Removes budgets that became whole before a time, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'rate_limits', key: 'key', time: 'expires_at' }, before);
  }
}

/** The key of a budget's row. */
export function keyOf({ name, of }: Budget): string {
  return `${name} ${of}`;
}

function keysOf(budgets: readonly Budget[]): Record<string, string> {
  return Object.fromEntries(budgets.map((budget, i) => [`key${i}`, keyOf(budget)]));
}

function quotasOf(budgets: readonly Budget[]): string {
  return budgets.map(({ quota }, i) => `WHEN :key${i} THEN ${quota.points}`).join(' ');
}

function spentAmong(budgets: readonly Budget[]): string {
  const keys = budgets.map((_budget, i) => `:key${i}`).join(', ');
  return `key IN (${keys}) AND expires_at > {now} AND points >= CASE key ${quotasOf(budgets)} END`;
}
