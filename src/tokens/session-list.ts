import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue, timeOf } from '../database/sql.js';

/** A live session as its account sees it. */
export interface ListedSession {
  readonly id: string;
  readonly contract: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
}

/** A place in the list, which is ordered by these two. */
export type SessionPlace = Pick<ListedSession, 'createdAt' | 'id'>;

/** Which sessions of a list are meant; all that a field is missing for. */
export interface SessionFilter {
  readonly contract?: string | undefined;
  /** Sessions that were opened then or later. */
  readonly from?: Date | undefined;
  /** Sessions that were opened before. */
  readonly to?: Date | undefined;
}

/** A row with `LISTED_COLUMNS`. */
export interface ListedRow {
  id: string;
  contract: string;
  ip: string | null;
  user_agent: string | null;
  created_at: string | Date;
  last_seen_at: string | Date;
  expires_at: string | Date;
}

/** Columns for a SELECT on `sessions`. */
export const LISTED_COLUMNS = 'id, contract, ip, user_agent, created_at, last_seen_at, expires_at';

/** How long the tokens of a contract's sessions live. */
export interface IdleTime {
  readonly contract: string;
  /** When a session got its last token at the latest: at its last use, or at its last rotation. */
  readonly since: 'last_seen_at' | 'rotated_at';
  readonly seconds: number;
}

/** How much older `last_seen_at` may be than the last use, in seconds: it is exact to a minute, and written later. */
const SEEN_LATE_SECONDS = 90;

/** Reads which sessions of an account are alive: not revoked, not expired, and of the account's epoch or kept. */
@Injectable()
export class SessionList {
  constructor(private readonly sql: Sql) {}

  /**
   * At most so many live sessions of an account, the newest first.
   * @param after skips that place and those before it
   * @param idleTimes when the last token of a session without use has expired
   */
  async page(
    accountId: number,
    limit: number,
    after: SessionPlace | undefined,
    idleTimes: readonly IdleTime[],
    filter: SessionFilter = {},
  ): Promise<ListedSession[]> {
    const { text, parameters } = createdWithin(filter, after);
    const listed = `SELECT ${LISTED_COLUMNS} FROM sessions
      WHERE user_id = :accountId AND revoked_at IS NULL AND expires_at > {now} ${notIdle(idleTimes)} ${text}`;
    const order = 'ORDER BY created_at DESC, id DESC LIMIT :limit';
    // In two statements: with OR, SQLite would read the sessions of all epochs.
    const rows = await this.sql.rows<ListedRow>(
      `SELECT * FROM (${listed} AND security_epoch = ${ofAccount('security_epoch')} ${order}) AS of_epoch
       UNION ALL ${listed} AND id = ${ofAccount('kept_session_id')} AND security_epoch <> ${ofAccount('security_epoch')}
       ${order}`,
      { ...parameters, accountId, limit },
    );
    return rows.map(readListed);
  }
}

/** Conditions on the tokens of a session's contract: none of them can be alive of one that was idle for long. */
export function notIdle(idleTimes: readonly IdleTime[]): string {
  return idleTimes
    .map(
      ({ contract, since, seconds }) =>
        `AND (contract <> '${contract}' OR ${since} > {now-${seconds + SEEN_LATE_SECONDS}})`,
    )
    .join(' ');
}

/** Conditions on when and through what a session was opened. Of two upper bounds, SQLite may begin at the wrong one. */
export function createdWithin(
  { contract, from, to }: SessionFilter,
  after: SessionPlace | undefined,
): { readonly text: string; readonly parameters: Readonly<Record<string, SqlValue>> } {
  const goesOn = after !== undefined && (to === undefined || after.createdAt < to);
  const conditions = [
    contract !== undefined && 'contract = :contract',
    from && 'created_at >= :from::timestamptz',
    goesOn && '(created_at, id) < (:createdAt::timestamptz, :id::uuid)',
    to && !goesOn && 'created_at < :to::timestamptz',
  ];
  return {
    text: conditions
      .filter(Boolean)
      .map((condition) => `AND ${condition as string}`)
      .join(' '),
    parameters: {
      ...(contract !== undefined && { contract }),
      ...(from && { from }),
      ...(goesOn ? { createdAt: after.createdAt, id: after.id } : to && { to }),
    },
  };
}

function ofAccount(column: string): string {
  return `(SELECT users.${column} FROM users WHERE users.id = :accountId)`;
}

/** What a row says. */
export function readListed(row: ListedRow): ListedSession {
  return {
    id: row.id,
    contract: row.contract,
    ip: row.ip,
    userAgent: row.user_agent,
    createdAt: timeOf(row.created_at),
    lastSeenAt: timeOf(row.last_seen_at),
    expiresAt: timeOf(row.expires_at),
  };
}
