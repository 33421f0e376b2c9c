import { Injectable } from '@nestjs/common';
import type { Quota } from '../config/setting.js';
import { Sql, timeOf } from '../database/sql.js';

/** How many budgets one statement removes. */
const BATCH = 1000;

/** A budget of somebody's. */
export interface Budget {
  /** What is limited, as the header fields name it. */
  readonly name: string;
  /** Whose it is. */
  readonly of: string;
  readonly quota: Quota;
  /** Outcome of an attempt that costs a point: a failure unless it says otherwise. */
  readonly spentBy?: 'failure' | 'success' | 'either';
  /** True for failures in a row: each begins the span of time anew, and a success ends it. */
  readonly inARow?: true;
}

/** A budget without its size. */
export type BudgetKey = Pick<Budget, 'name' | 'of'>;

/** A point that was taken from a budget, within a span of time. */
export interface Point {
  readonly key: string;
  readonly expires_at: string | Date;
  /** Points that are spent, this one included. */
  readonly points: number;
}

/** A budget without a point left. */
export interface Spent {
  readonly key: string;
  readonly expires_at: string | Date;
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
    const isNew = `rate_limits.expires_at <= {now}`;
    const isLater = 'excluded.expires_at > rate_limits.expires_at';
    const inARow = budgets.flatMap((budget, i) => (budget.inARow ? [`rate_limits.key = :key${i} AND ${isLater}`] : []));
    return this.sql.rows<Point>(
      `INSERT INTO rate_limits (key, points, expires_at)
       SELECT * FROM (VALUES ${rows.join(', ')}) AS attempt
       WHERE NOT EXISTS (SELECT 1 FROM rate_limits WHERE ${spentAmong(budgets)})
       ON CONFLICT (key) DO UPDATE SET
         points = CASE WHEN ${isNew} THEN 1 ELSE rate_limits.points + 1 END,
         expires_at = CASE WHEN ${[isNew, ...inARow].join(' OR ')} THEN excluded.expires_at ELSE rate_limits.expires_at END
       WHERE ${isNew} OR rate_limits.points < CASE rate_limits.key ${quotas} END
       RETURNING key, points, expires_at`,
      keysOf(budgets),
    );
  }

  /**
   * Gives points back, within the span of time from which they were taken.
   * @param inARow keys of budgets whose span each further failure begins anew
   */
  async giveBack(taken: readonly Point[], inARow: readonly string[]): Promise<void> {
    if (taken.length === 0) return;
    const rowKeys = inARow.map((_key, i) => `:row${i}`).join(', ');
    const sameSpan = `rate_limits.expires_at = excluded.expires_at`;
    const isLater = `rate_limits.key IN (${rowKeys}) AND rate_limits.expires_at > excluded.expires_at`;
    const rows = taken.map((_row, i) => `(:key${i}, 0, :expires${i})`);
    // An upsert like `take`, so that both lock the rows in one order and never wait for each other in a circle.
    await this.sql.rows(
      `INSERT INTO rate_limits (key, points, expires_at) VALUES ${rows.join(', ')}
       ON CONFLICT (key) DO UPDATE SET points = rate_limits.points - 1,
         expires_at = CASE WHEN rate_limits.points = 1 THEN {now} ELSE rate_limits.expires_at END
       WHERE rate_limits.points > 0 AND (${inARow.length > 0 ? `${sameSpan} OR ${isLater}` : sameSpan})`,
      Object.fromEntries([
        ...inARow.map((key, i) => [`row${i}`, key]),
        ...taken.flatMap(({ key, expires_at }, i) => [
          [`key${i}`, key],
          [`expires${i}`, timeOf(expires_at)],
        ]),
      ]),
    );
  }

  /** Makes budgets whole. */
  async clear(budgets: readonly BudgetKey[]): Promise<void> {
    const keys = budgets.map((_budget, i) => `:key${i}`);
    await this.sql.rows(
      `UPDATE rate_limits SET points = 0, expires_at = {now} WHERE key IN (${keys.join(', ')}) AND points > 0`,
      keysOf(budgets),
    );
  }

  /** Makes whole every budget whose owner is named with something behind. */
  async clearBehind(budgets: readonly BudgetKey[]): Promise<void> {
    const isBehind = budgets.map((_budget, i) =>
      this.sql.isPostgres ? `starts_with(key, :key${i})` : `(key >= :key${i} AND key < :end${i})`,
    );
    if (isBehind.length === 0) return;
    const keys = budgets.flatMap((budget, i) => [
      [`key${i}`, `${keyOf(budget)} `],
      // The character after a space.
      [`end${i}`, `${keyOf(budget)}!`],
    ]);
    await this.sql.rows(
      `UPDATE rate_limits SET points = 0, expires_at = {now} WHERE (${isBehind.join(' OR ')}) AND points > 0`,
      Object.fromEntries(keys) as Record<string, string>,
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

  /** Removes budgets that are whole, a batch of them. Answers whether there may be more. */
  async sweep(): Promise<boolean> {
    // By the database's clock: one that is fast would let somebody try again too soon.
    const whole = `SELECT key FROM rate_limits WHERE expires_at <= {now} LIMIT ${BATCH}`;
    const rows = await this.sql.rows(`DELETE FROM rate_limits WHERE key IN (${whole}) RETURNING key`);
    return rows.length === BATCH;
  }
}

/** The key of a budget's row. */
export function keyOf({ name, of }: BudgetKey): string {
  return `${name} ${of}`;
}

function keysOf(budgets: readonly BudgetKey[]): Record<string, string> {
  return Object.fromEntries(budgets.map((budget, i) => [`key${i}`, keyOf(budget)]));
}

function quotasOf(budgets: readonly Budget[]): string {
  return budgets.map(({ quota }, i) => `WHEN :key${i} THEN ${quota.points}`).join(' ');
}

function spentAmong(budgets: readonly Budget[]): string {
  const keys = budgets.map((_budget, i) => `:key${i}`).join(', ');
  return `key IN (${keys}) AND expires_at > {now} AND points >= CASE key ${quotasOf(budgets)} END`;
}
