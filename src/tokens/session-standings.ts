import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { readStanding, STANDING_COLUMNS, type SessionStanding, type StandingRow } from './session-standing.js';

const BY_ID = `SELECT ${STANDING_COLUMNS} FROM sessions WHERE id = :id`;
const BY_SECRET = `SELECT ${STANDING_COLUMNS} FROM sessions WHERE secret_hash = :secretHash`;

/** Reads how sessions stand now. */
@Injectable()
export class SessionStandings {
  constructor(private readonly sql: Sql) {}

  /** A session with its account as they are now. */
  async of(id: string): Promise<SessionStanding | undefined> {
    return this.read(BY_ID, { id });
  }

  /** The session of an opaque token with its account as they are now. */
  async ofSecret(secretHash: string): Promise<SessionStanding | undefined> {
    return this.read(BY_SECRET, { secretHash });
  }

  private async read(statement: string, parameters: Record<string, SqlValue>): Promise<SessionStanding | undefined> {
    const [row] = await this.sql.rows<StandingRow>(statement, parameters);
    return row && readStanding(row);
  }
}
