import { Injectable } from '@nestjs/common';
import { DirectLine } from '../database/direct-line.js';
import { Sql, timeOf } from '../database/sql.js';
import type { RevocationReason } from './session.entity.js';

interface Paging {
  readonly column: string;
  readonly first: string | number;
  /** How many rows a page has: on SQLite few, as they take memory and no round trip. */
  readonly size: number;
}
const BY_ROW: Paging = { column: 'rowid', first: 0, size: 1000 };
const BY_ID: Paging = { column: 'id', first: '00000000-0000-0000-0000-000000000000', size: 10_000 };

/**
 * How far the clocks of instances may lag behind the database's, in seconds: a token that has expired there may be alive
 * here. Sessions are swept a day after they expired.
 */
const CLOCKS_APART_SECONDS = 3600;

const COLUMNS = 'id, revoked_because, revoked_at, expires_at';
const ALIVE = `expires_at > {now-${CLOCKS_APART_SECONDS}}`;

/** A session that was revoked, as a statement returns it. */
export interface RevokedRow {
  readonly id: string;
  readonly revoked_because: RevocationReason;
  readonly expires_at: string | Date;
}

/** The statements that tell what was revoked. */
@Injectable()
export class RevocationsStore {
  constructor(
    private readonly sql: Sql,
    private readonly line: DirectLine,
  ) {}

  /**
   * All there is, in pages. A bound on `revoked_at` rather than "IS NOT NULL", so that the index on it is used; among equal
   * times, of which one act may make many, by what that index is ordered by in SQLite: by `id`, each page would sort them all.
   */
  async *pages(): AsyncGenerator<readonly RevokedRow[]> {
    const { column, first, size } = this.sql.isPostgres ? BY_ID : BY_ROW;
    let last = { at: new Date(0), place: first };
    for (;;) {
      const rows = await this.sql.rows<RevokedRow & { revoked_at: string | Date; place: string | number }>(
        `SELECT ${COLUMNS}, ${column} AS place FROM sessions
         WHERE (revoked_at, ${column}) > (:at::timestamptz, :place::uuid) AND ${ALIVE}
         ORDER BY revoked_at, ${column} LIMIT ${size}`,
        last,
      );
      yield rows;
      const row = rows.at(-1);
      if (!row || rows.length < size) return;
      last = { at: timeOf(row.revoked_at), place: row.place };
    }
  }

  /** What was revoked within so many seconds, by the database's clock. */
  async within(seconds: number): Promise<readonly RevokedRow[]> {
    return this.ask(`SELECT ${COLUMNS} FROM sessions WHERE revoked_at > {now-${seconds}} AND ${ALIVE}`);
  }

  /** The signing keys that were withdrawn, by `kid`. */
  async withdrawnKeys(): Promise<readonly string[]> {
    const rows = await this.ask<{ kid: string }>('SELECT kid FROM signing_keys WHERE revoked_at IS NOT NULL');
    return rows.map(({ kid }) => kid);
  }

  /** Over the line if there is one, or else over the pool. */
  private async ask<Row>(statement: string): Promise<Row[]> {
    const overLine = await this.line.rows<Row>(this.sql.bound(statement)).catch(() => undefined);
    return overLine ?? this.sql.rows<Row>(statement);
  }
}
