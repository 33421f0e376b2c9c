import { Injectable } from '@nestjs/common';
import { ScannedPage } from '../database/scanned-page.js';
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
    const page = new ScannedPage<AccountSession, SessionPlace | undefined>(limit, after);
    const { entries, next } = await page.fill(async (batch, place) =>
      (await this.read(filter, batch, place, idleTimes)).map((row) => {
        const session = { ...readListed(row), accountId: row.user_id };
        return { place: session, entry: row.is_live ? session : undefined };
      }),
    );
    return { sessions: entries, next };
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
