import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { REVOCATIONS_CHANNEL } from '../database/channels.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import { RevocationFeed } from './revocation-feed.js';
import { type EndedSession, Revocations } from './revocations.js';
import type { RevocationReason } from './session.entity.js';
import { sessionLimit } from './session-limit.js';
import { COUNTS, readStanding, STANDING_COLUMNS, type SessionStanding, type StandingRow } from './session-standing.js';
import { TokenLifetimes } from './token-lifetimes.js';
import type { LiveSession } from './token-subject.js';

/** What a sign-in knows when it opens a session. */
export interface NewSession {
  readonly accountId: number;
  /** The account's security epoch when its password was checked. */
  readonly epoch: number;
  readonly contract: string;
  readonly lifetimeSeconds: number;
  /** Hex SHA-256 of the opaque token, if the session has one. */
  readonly secretHash?: string;
  readonly ip: string;
  readonly userAgent: string | undefined;
}

/** One text for all rotations: a text that is put together anew is also hashed anew, to find its prepared statement. */
const ROTATE = `UPDATE sessions SET generation = generation + 1, rotated_at = {now}
  WHERE id = :id AND generation = :generation AND revoked_at IS NULL AND expires_at > {now}
    AND ${COUNTS} AND (SELECT users.status FROM users WHERE users.id = sessions.user_id) = 'active'
  RETURNING ${STANDING_COLUMNS}`;

/** Rows that one statement changes at most: on SQLite a statement holds the thread that serves requests. */
const BATCH = 200;

/** How many sessions one statement notes as seen. */
const SEEN_BATCH = 100;

/** Pause between such statements, in milliseconds: of a large store, each reads a hundred pages from the disk. */
const PAUSE_MS = 5;

/** Tries to end a session while others lock all of them. Writing their last use locks them for milliseconds. */
const TRIES = 100;

/** The statements on sessions. Each is safe to stop after. */
@Injectable()
export class SessionsService {
  /** Time when an access token that a session gets now expires, in SQL. */
  private readonly lastTokenEnds: string;
  private readonly limit: ReturnType<typeof sessionLimit>;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
    config: Config,
    lifetimes: TokenLifetimes,
  ) {
    const byContract = lifetimes.all.map(([contract, seconds]) => `WHEN '${contract}' THEN {now+${seconds}}`);
    this.lastTokenEnds = `CASE contract ${byContract.join(' ')} ELSE {now} END`;
    this.limit = sessionLimit(config.SESSIONS_PER_ACCOUNT, sql.isPostgres);
  }

  /**
   * Opens a session if the account still is at the epoch it was checked at and may be used; else `undefined`. On
   * PostgreSQL the lock on the account's row holds off a clear-tokens that would not see this session yet.
   */
  async open(session: NewSession): Promise<LiveSession | undefined> {
    const id = randomUUID();
    const createdAt = this.clock.now();
    const expiresAt = new Date(createdAt.getTime() + session.lifetimeSeconds * 1000);
    const rows = await this.sql.rows(
      `INSERT INTO sessions (id, user_id, contract, security_epoch, generation, rotated_at, created_at, last_seen_at,
         expires_at, secret_hash, ip, user_agent)
       SELECT :id::uuid, users.id, :contract::text, users.security_epoch, 0, :createdAt::timestamptz,
         :createdAt::timestamptz, :createdAt::timestamptz, :expiresAt::timestamptz, :secretHash::text, :ip::text,
         :userAgent::text
       FROM users WHERE users.id = :accountId AND users.status <> 'deactivated' AND users.security_epoch = :epoch
       ${this.sql.isPostgres ? 'FOR SHARE' : ''} RETURNING id`,
      {
        id,
        accountId: session.accountId,
        contract: session.contract,
        epoch: session.epoch,
        createdAt,
        expiresAt,
        secretHash: session.secretHash ?? null,
        ip: session.ip,
        userAgent: session.userAgent ?? null,
      },
    );
    if (rows.length === 0) return undefined;
    await this.endLeastUsed(session, id);
    return { ...session, id, generation: 0, rotatedAt: createdAt, createdAt, expiresAt };
  }

  /**
   * Ends the account's session that was not used for longest, if it has more than `SESSIONS_PER_ACCOUNT`. On PostgreSQL
   * two sign-ins at once end two sessions: each skips sessions that others have locked, and tries again if all are.
   */
  private async endLeastUsed({ accountId, epoch }: NewSession, newId: string): Promise<void> {
    const of = { accountId, epoch };
    for (let tries = 0; tries < TRIES && (await this.sql.rows(this.limit.above, of)).length > 0; tries++) {
      if ((await this.end(this.limit.leastUsed, 'session_limit', { ...of, newId })) > 0) return;
      await wait(PAUSE_MS);
    }
  }

  /** Rotates a session's refresh token if it is of this generation and may be used; else `undefined`. One statement. */
  async rotate(id: string, generation: number): Promise<SessionStanding | undefined> {
    const [row] = await this.sql.rows<StandingRow>(ROTATE, { id, generation });
    return row && readStanding(row);
  }

  /** Pushes the end of an idle session on. */
  async extend(id: string, expiresAt: Date): Promise<void> {
    await this.sql.rows('UPDATE sessions SET expires_at = :expiresAt WHERE id = :id AND revoked_at IS NULL', {
      id,
      expiresAt,
    });
  }

  /** Notes that sessions were used a moment ago, many in one statement. */
  async noteSeen(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += SEEN_BATCH) {
      const batch = ids.slice(from, from + SEEN_BATCH);
      await this.sql.rows(
        `UPDATE sessions SET last_seen_at = {now} WHERE id IN (${batch.map((_id, i) => `:id${i}`).join(', ')})`,
        Object.fromEntries(batch.map((id, i) => [`id${i}`, id])),
      );
      // On SQLite a statement holds the thread that serves requests.
      if (from + SEEN_BATCH < ids.length) await wait(PAUSE_MS);
    }
  }

  /** Notes that a PIN was proved in this session just now, if it is the account's still. */
  async notePinProof(id: string, provedHash: string): Promise<void> {
    await this.sql.rows(
      `UPDATE sessions SET pin_proved_at = {now} WHERE id = :id
         AND EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id AND users.pin_hash = :provedHash)`,
      { id, provedHash },
    );
  }

  /**
   * Forgets the addresses and devices of a batch of an account's sessions. Answers where the next batch begins, if there
   * may be one.
   */
  async forgetClients(accountId: number, after = '00000000-0000-0000-0000-000000000000'): Promise<string | undefined> {
    const batch = `SELECT id FROM sessions WHERE user_id = :accountId AND id > :after::uuid ORDER BY id LIMIT ${BATCH}`;
    const rows = await this.sql.rows<{ id: string }>(
      `UPDATE sessions SET ip = NULL, user_agent = NULL WHERE id IN (${batch}) RETURNING id`,
      { accountId, after },
    );
    await wait(PAUSE_MS);
    return rows.length < BATCH ? undefined : rows.reduce((last, { id }) => (id > last ? id : last), after);
  }

  /** Ends one session, from now on in memory and for good. */
  async revoke(id: string, because: RevocationReason): Promise<void> {
    await this.end('id = :id', because, { id });
  }

  /** Ends one session of an account. Answers whether it was alive until then. */
  async revokeOf(accountId: number, id: string, because: RevocationReason): Promise<boolean> {
    const condition = `id = :id AND user_id = :accountId AND expires_at > {now} AND ${COUNTS}`;
    return (await this.end(condition, because, { id, accountId })) > 0;
  }

  /** Removes sessions whose last token expired before a time, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'sessions', key: 'id', time: 'expires_at' }, before);
  }

  /** Ends sessions, whose rows are kept as long as tokens of them may live. Answers how many it ended. */
  private async end(
    condition: string,
    because: RevocationReason,
    parameters: Record<string, string | number>,
  ): Promise<number> {
    const lastToken = this.lastTokenEnds;
    const statement = `UPDATE sessions SET revoked_at = {now}, revoked_because = :because,
         ip = CASE WHEN :because = 'session_limit' THEN NULL ELSE ip END,
         user_agent = CASE WHEN :because = 'session_limit' THEN NULL ELSE user_agent END,
         expires_at = CASE WHEN expires_at > ${lastToken} THEN ${lastToken} ELSE expires_at END
       WHERE revoked_at IS NULL AND ${condition} RETURNING id, contract, revoked_because, revoked_at`;
    const ending = this.sql.rows<EndedSession>(this.sql.announced(REVOCATIONS_CHANNEL, statement), {
      because,
      ...parameters,
    });
    const ended = await this.feed.counting(ending, (rows) => {
      for (const row of rows) this.revocations.addSession(row);
    });
    return ended.length;
  }
}
