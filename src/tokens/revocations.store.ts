import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { DirectLine } from '../database/direct-line.js';
import { Sql, type SqlValue, timeOf } from '../database/sql.js';
import {
  CLOCK_MARGIN_SECONDS,
  type EndedAccount,
  type EndedSession,
  listedSeconds,
  LONGEST_LISTED_SECONDS,
} from './revocations.js';
import { TokenLifetimes } from './token-lifetimes.js';

/** A table of ends, in the order of an index. */
interface Source {
  readonly select: string;
  readonly time: string;
  /** What the index is ordered by among equal times. */
  readonly key: string;
  readonly firstKey: SqlValue;
}

const ACCOUNTS = {
  select: 'SELECT id, security_epoch, epoch_because, epoch_moved_at, kept_session_id FROM users',
  time: 'epoch_moved_at',
};
const SESSIONS = { select: 'SELECT id, contract, revoked_because, revoked_at FROM sessions', time: 'revoked_at' };

/** Rows in a page. On SQLite a statement holds the thread that serves requests. */
const PAGE = 1000;

/** The statements that tell which sessions were ended. */
@Injectable()
export class RevocationsStore {
  constructor(
    private readonly sql: Sql,
    private readonly line: DirectLine,
    private readonly lifetimes: TokenLifetimes,
    private readonly clock: Clock,
  ) {}

  /** Accounts whose sessions were all ended, as long as a token of them may be alive. */
  accounts(): AsyncGenerator<readonly EndedAccount[]> {
    return this.pages<EndedAccount>({ ...ACCOUNTS, key: 'id', firstKey: 0 }, this.lifetimes.longestSeconds);
  }

  /** Sessions that were ended one by one, as long as such ends are listed. */
  sessions(): AsyncGenerator<readonly EndedSession[]> {
    const byContract = this.lifetimes.all.map(([contract, s]) => `WHEN '${contract}' THEN {now-${listedSeconds(s)}}`);
    const since = `CASE contract ${byContract.join(' ')} ELSE {now-${listedSeconds(undefined)}} END`;
    const key = this.sql.isPostgres
      ? { key: 'id', firstKey: '00000000-0000-0000-0000-000000000000' }
      : { key: 'rowid', firstKey: 0 };
    return this.pages<EndedSession>({ ...SESSIONS, ...key }, LONGEST_LISTED_SECONDS, `revoked_at > ${since}`);
  }

  /** Ends of all sessions of an account within so many seconds, by the database's clock. */
  async accountsWithin(seconds: number): Promise<readonly EndedAccount[]> {
    return this.ask(`${ACCOUNTS.select} WHERE epoch_moved_at > {now-${seconds}}`);
  }

  /** Ends of single sessions within so many seconds, by the database's clock. */
  async sessionsWithin(seconds: number): Promise<readonly EndedSession[]> {
    return this.ask(`${SESSIONS.select} WHERE revoked_at > {now-${seconds}}`);
  }

  /** The signing keys that were withdrawn, by `kid`. */
  async withdrawnKeys(): Promise<readonly string[]> {
    const rows = await this.ask<{ kid: string }>('SELECT kid FROM signing_keys WHERE revoked_at IS NOT NULL');
    return rows.map(({ kid }) => kid);
  }

  /** One bound on the time, of two SQLite may begin at the wrong one. */
  private async *pages<Row>(
    { select, time, key, firstKey }: Source,
    seconds: number,
    condition = 'true',
  ): AsyncGenerator<readonly Row[]> {
    const oldestMs = this.clock.nowMs() - (seconds + 2 * CLOCK_MARGIN_SECONDS) * 1000;
    let last = { at: new Date(oldestMs), key: firstKey };
    const cast = key === 'id' && typeof firstKey === 'string' ? '::uuid' : '';
    for (;;) {
      const rows = await this.sql.rows<Row & { page_at: string | Date; page_key: SqlValue }>(
        `${select.replace(' FROM', `, ${time} AS page_at, ${key} AS page_key FROM`)}
         WHERE (${time}, ${key}) > (:at::timestamptz, :key${cast}) AND ${condition}
         ORDER BY ${time}, ${key} LIMIT ${PAGE}`,
        last,
      );
      yield rows;
      const row = rows.at(-1);
      if (!row || rows.length < PAGE) return;
      last = { at: timeOf(row.page_at), key: row.page_key };
    }
  }

  /** Over the line if there is one, or else over the pool. */
  private async ask<Row>(statement: string): Promise<Row[]> {
    const overLine = await this.line.rows<Row>(this.sql.bound(statement)).catch(() => undefined);
    return overLine ?? this.sql.rows<Row>(statement);
  }
}
