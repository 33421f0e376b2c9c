import { Injectable } from '@nestjs/common';
import type { Quota } from '../config/setting.js';
import { Sql, timeOf } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import { AuthError } from '../errors/auth-error.js';

/** A budget of somebody's. */
export interface Budget {
  /** What is limited, as the header fields name it. */
  readonly name: string;
  /** Whose it is. */
  readonly of: string;
  readonly quota: Quota;
}

/** What was taken from budgets, to be given back if nothing was risked after all. */
export interface Spending {
  giveBack(): Promise<void>;
}

interface Row {
  readonly key: string;
  readonly expires_at: string | Date;
}

/**
 * Counts attempts in the store, so that all instances and every restart agree. One statement takes a point from every
 * budget that has one left: however many attempts are made at once, no more pass than there are points.
 */
@Injectable()
export class Budgets {
  constructor(private readonly sql: Sql) {}

  /** Takes one point from each budget, or from none. @throws {AuthError} `too_many_attempts` if one of them is spent */
  async spend(budgets: readonly Budget[]): Promise<Spending> {
    if (budgets.length === 0) return { giveBack: async () => {} };
    const taken = await this.take(budgets);
    const spending = { giveBack: () => this.giveBack(taken) };
    const spent = budgets.find((budget) => !taken.some(({ key }) => key === keyOf(budget)));
    if (!spent) return spending;
    await spending.giveBack();
    throw await this.refusalOf(spent);
  }

  /** Removes budgets that became whole before a time, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'rate_limits', key: 'key', time: 'expires_at' }, before);
  }

  private async take(budgets: readonly Budget[]): Promise<Row[]> {
    const rows = budgets.map(({ quota }, i) => `(:key${i}, 1, {now+${quota.seconds}})`);
    const points = budgets.map(({ quota }, i) => `WHEN :key${i} THEN ${quota.points}`);
    return this.sql.rows<Row>(
      `INSERT INTO rate_limits (key, points, expires_at) VALUES ${rows.join(', ')}
       ON CONFLICT (key) DO UPDATE SET
         points = CASE WHEN rate_limits.expires_at <= {now} THEN 1 ELSE rate_limits.points + 1 END,
         expires_at = CASE WHEN rate_limits.expires_at <= {now} THEN excluded.expires_at ELSE rate_limits.expires_at END
       WHERE rate_limits.expires_at <= {now} OR rate_limits.points < CASE rate_limits.key ${points.join(' ')} END
       RETURNING key, expires_at`,
      keysOf(budgets),
    );
  }

  /** Only within the span of time from which the points were taken. */
  private async giveBack(taken: readonly Row[]): Promise<void> {
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

  private async refusalOf(budget: Budget): Promise<AuthError> {
    const [row] = await this.sql.rows<{ expires_at: string | Date; read_at: string | Date }>(
      'SELECT expires_at, {now} AS read_at FROM rate_limits WHERE key = :key0',
      keysOf([budget]),
    );
    const { name, quota } = budget;
    const leftMs = row ? timeOf(row.expires_at).getTime() - timeOf(row.read_at).getTime() : 0;
    const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / 1000));
    return new AuthError('too_many_attempts', { retryAfterSeconds, limit: { name, ...quota } });
  }
}

function keyOf({ name, of }: Budget): string {
  return `${name} ${of}`;
}

function keysOf(budgets: readonly Budget[]): Record<string, string> {
  return Object.fromEntries(budgets.map((budget, i) => [`key${i}`, keyOf(budget)]));
}
