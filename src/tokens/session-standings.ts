import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { readStanding, STANDING_COLUMNS, type SessionStanding, type StandingRow } from './session-standing.js';

/** How long to wait before each further look at a session that is in between, in milliseconds. */
const SETTLING_WAITS_MS = [10, 40, 150, 300];

const BY_ID = `SELECT ${STANDING_COLUMNS} FROM sessions WHERE id = :id`;
const BY_SECRET = `SELECT ${STANDING_COLUMNS} FROM sessions WHERE secret_hash = :secretHash`;

/** Reads how sessions stand now. */
@Injectable()
export class SessionStandings {
  constructor(private readonly sql: Sql) {}

  /** A session with its account as they are now. */
  async of(id: string): Promise<SessionStanding | undefined> {
    return this.settled(BY_ID, { id });
  }

  /** The session of an opaque token with its account as they are now. */
  async ofSecret(secretHash: string): Promise<SessionStanding | undefined> {
    return this.settled(BY_SECRET, { secretHash });
  }

  /**
   * Between the steps of a change of password, the session that will be kept is behind its account's epoch as those are
   * that will be revoked. Which of them it is shows in a moment, and its owner must not be signed out for that.
   */
  private async settled(statement: string, parameters: Record<string, SqlValue>): Promise<SessionStanding | undefined> {
    let standing = await this.read(statement, parameters);
    for (const ms of SETTLING_WAITS_MS) {
      if (!standing || !isInBetween(standing)) return standing;
      await wait(ms);
      standing = await this.read(statement, parameters);
    }
    return standing;
  }

  private async read(statement: string, parameters: Record<string, SqlValue>): Promise<SessionStanding | undefined> {
    const [row] = await this.sql.rows<StandingRow>(statement, parameters);
    return row && readStanding(row);
  }
}

function isInBetween({ revokedBecause, subject, atAccountEpoch }: SessionStanding): boolean {
  return revokedBecause === null && subject !== undefined && subject.status !== 'deactivated' && !atAccountEpoch;
}
