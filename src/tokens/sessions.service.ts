import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import { REVOCATIONS_CHANNEL, RevocationFeed } from './revocation-feed.js';
import { Revocations } from './revocations.js';
import type { RevokedRow } from './revocations.store.js';
import type { RevocationReason } from './session.entity.js';
import { readStanding, STANDING_COLUMNS, type SessionStanding, type StandingRow } from './session-standing.js';
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
const ROTATE = `UPDATE sessions SET generation = generation + 1, rotated_at = {now}, last_seen_at = {now}
  WHERE id = :id AND generation = :generation AND revoked_at IS NULL AND expires_at > {now}
    AND security_epoch = (SELECT security_epoch FROM users WHERE users.id = sessions.user_id AND status = 'active')
  RETURNING ${STANDING_COLUMNS}`;

/** How many sessions one statement notes as seen. */
const SEEN_BATCH = 100;

/** How long to wait between them, in milliseconds: of a large store, each reads a hundred pages from the disk. */
const SEEN_PAUSE_MS = 5;

/** The statements on sessions. Each is safe to stop after. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
  ) {}

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
    return { ...session, id, generation: 0, rotatedAt: createdAt, createdAt, expiresAt };
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
      if (from + SEEN_BATCH < ids.length) await wait(SEEN_PAUSE_MS);
    }
  }

  /** Notes that the PIN was proved in this session just now. */
  async notePinProof(id: string): Promise<void> {
    await this.sql.rows('UPDATE sessions SET pin_proved_at = {now} WHERE id = :id', { id });
  }

  /** Forgets the proofs of an account's former PIN in its other sessions. */
  async forgetPinProofs(accountId: number, exceptId: string): Promise<void> {
    await this.sql.rows('UPDATE sessions SET pin_proved_at = NULL WHERE user_id = :accountId AND id <> :exceptId', {
      accountId,
      exceptId,
    });
  }

  /** Forgets where an account's sessions came from. */
  async forgetClients(accountId: number): Promise<void> {
    await this.sql.rows('UPDATE sessions SET ip = NULL, user_agent = NULL WHERE user_id = :accountId', { accountId });
  }

  /** Ends one session, from now on in memory and for good. */
  async revoke(id: string, because: RevocationReason): Promise<void> {
    await this.revokeWhere('id = :id', because, { id });
  }

  /** Ends one session of an account. Answers whether it was alive until then. */
  async revokeOf(accountId: number, id: string, because: RevocationReason): Promise<boolean> {
    const condition = 'id = :id AND user_id = :accountId AND expires_at > {now}';
    return (await this.revokeWhere(condition, because, { id, accountId })) > 0;
  }

  /** Ends every session of an account but one. */
  async revokeOthers(accountId: number, exceptId: string, because: RevocationReason): Promise<void> {
    await this.revokeWhere('user_id = :accountId AND id <> :exceptId', because, { accountId, exceptId });
  }

  /** Ends every session of an account that its epoch has left behind. */
  async revokeLeftBehind(accountId: number, because: RevocationReason): Promise<void> {
    const epoch = '(SELECT users.security_epoch FROM users WHERE users.id = :accountId)';
    await this.revokeWhere(`user_id = :accountId AND security_epoch < ${epoch}`, because, { accountId });
  }

  /** Takes one session along to its account's new epoch, if the act that advanced the epoch was its own. */
  async advance(id: string, epoch: number): Promise<void> {
    await this.sql.rows(
      'UPDATE sessions SET security_epoch = :epoch WHERE id = :id AND security_epoch = :epoch::int - 1',
      {
        id,
        epoch,
      },
    );
  }

  /** Removes sessions whose last token expired before a time, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'sessions', key: 'id', time: 'expires_at' }, before);
  }

  /** Answers how many sessions it ended. */
  private async revokeWhere(
    condition: string,
    because: RevocationReason,
    parameters: Record<string, string | number>,
  ): Promise<number> {
    const statement = `UPDATE sessions SET revoked_at = {now}, revoked_because = :because
       WHERE revoked_at IS NULL AND ${condition} RETURNING id, revoked_because, expires_at`;
    const given = { because, ...parameters };
    const revoking = this.sql.rowsAnnounced<RevokedRow>(REVOCATIONS_CHANNEL, statement, given);
    const rows = await revoking.catch((error: unknown) => {
      // It may have been committed all the same: asking again would find nothing to revoke.
      this.feed.doubt();
      throw error;
    });
    for (const row of rows) this.revocations.add(row.id, because, row.expires_at);
    await this.feed.settleDoubt();
    return rows.length;
  }
}
