import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import {
  createdWithin,
  type IdleTime,
  LISTED_COLUMNS,
  type ListedRow,
  type ListedSession,
  notIdle,
  readListed,
  type SessionFilter,
  type SessionPlace,
} from './session-list.js';
import { COUNTS } from './session-standing.js';

/** How many sessions one request looks at: those that count no more stay for a while. */
const EXAMINED_LIMIT = 5000;

/** How many rows one statement reads after the first. */
const BATCH = 500;

/** A live session as an operator sees it. */
export interface AccountSession extends ListedSession {
  readonly accountId: number;
}

/** A page of sessions. It may be short of its limit while there is another. */
export interface AllSessionsPage {
  readonly sessions: readonly AccountSession[];
  readonly next: SessionPlace | undefined;
}

/** Lists the live sessions of all accounts, the newest first. */
@Injectable()
export class AllSessions {
  constructor(private readonly sql: Sql) {}

  async page(
    filter: SessionFilter,
    limit: number,
    after: SessionPlace | undefined,
    idleTimes: readonly IdleTime[],
  ): Promise<AllSessionsPage> {
    const sessions: AccountSession[] = [];
    let place = after;
    let examined = 0;
    for (let batch = limit + 1; ; batch = BATCH) {
      const rows = await this.read(filter, batch, place, idleTimes);
      for (const row of rows) {
        const isFull = row.is_live && sessions.length === limit;
        if (isFull || ++examined > EXAMINED_LIMIT) return { sessions, next: place };
        const session = { ...readListed(row), accountId: row.user_id };
        if (row.is_live) sessions.push(session);
        place = session;
      }
      if (rows.length < batch) return { sessions, next: undefined };
    }
  }

  private async read(
    filter: SessionFilter,
    limit: number,
    after: SessionPlace | undefined,
    idleTimes: readonly IdleTime[],
  ): Promise<(ListedRow & { user_id: number; is_live: boolean | number })[]> {
    const { text, parameters } = createdWithin(filter, after);
    return this.sql.rows(
      `SELECT ${LISTED_COLUMNS}, user_id, (expires_at > {now} ${notIdle(idleTimes)} AND ${COUNTS}) AS is_live
       FROM sessions ${this.index(filter)} WHERE revoked_at IS NULL ${text} ORDER BY created_at DESC, id DESC LIMIT :limit`,
      { ...parameters, limit },
    );
  }

  /** Told which, SQLite does not read and sort all that were not revoked. */
  private index({ contract }: SessionFilter): string {
    if (this.sql.isPostgres) return '';
    return `INDEXED BY sessions_${contract === undefined ? '' : 'contract_'}created_at_id_index`;
  }
}
