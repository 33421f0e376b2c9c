import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import type { OneTimePurpose } from './one-time-token.entity.js';
import { OpaqueTokenService } from './opaque-token.service.js';

/** What `rowsUnlessUnderWay` is told a link is about. */
const LINKS_OF_ACCOUNT = 1;

/** Whom a mailed link is for, and what for. */
export interface LinkOwner {
  readonly accountId: number;
  readonly email: string;
}

/** A link to be mailed. */
export interface NewLink extends LinkOwner {
  readonly purpose: OneTimePurpose;
  readonly lifetimeSeconds: number;
  /** How long there must have been no other link for this account and purpose. */
  readonly quietSeconds: number;
}

/** Secrets that are mailed in links and work once. */
@Injectable()
export class OneTimeTokensService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly opaque: OpaqueTokenService,
  ) {}

  /** A new secret, or `undefined` if the last one was issued too recently. */
  async issue(link: NewLink): Promise<string | undefined> {
    const token = this.opaque.generate();
    const now = this.clock.nowMs();
    const rows = await this.sql.rowsUnlessUnderWay(
      [LINKS_OF_ACCOUNT, link.accountId],
      `INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, created_at, expires_at)
       SELECT :tokenHash::text, :purpose::text, :accountId::int, :email::text, :createdAt::timestamptz, :expiresAt::timestamptz
       WHERE NOT EXISTS (SELECT 1 FROM one_time_tokens
         WHERE user_id = :accountId AND purpose = :purpose AND created_at > :quietSince)
       RETURNING id`,
      {
        tokenHash: this.opaque.hash(token),
        purpose: link.purpose,
        accountId: link.accountId,
        email: link.email,
        createdAt: new Date(now),
        expiresAt: new Date(now + link.lifetimeSeconds * 1000),
        quietSince: new Date(now - link.quietSeconds * 1000),
      },
    );
    return rows.length === 1 ? token : undefined;
  }

  /** Whom a secret is for, if it still works; looking does not use it up. */
  async find(token: string, purpose: OneTimePurpose): Promise<LinkOwner | undefined> {
    return this.readOwner(
      `SELECT user_id, email FROM one_time_tokens
       WHERE token_hash = :tokenHash AND purpose = :purpose AND used_at IS NULL AND expires_at > {now}`,
      token,
      purpose,
    );
  }

  /** Uses a secret up. Of any number of callers one learns whom it was for; the others get `undefined`. */
  async consume(token: string, purpose: OneTimePurpose): Promise<LinkOwner | undefined> {
    return this.readOwner(
      `UPDATE one_time_tokens SET used_at = {now}
       WHERE token_hash = :tokenHash AND purpose = :purpose AND used_at IS NULL AND expires_at > {now}
       RETURNING user_id, email`,
      token,
      purpose,
    );
  }

  /** Ends every other secret of an account for a purpose. */
  async endAll(accountId: number, purpose: OneTimePurpose): Promise<void> {
    await this.sql.rows(
      'UPDATE one_time_tokens SET used_at = {now} WHERE user_id = :accountId AND purpose = :purpose AND used_at IS NULL',
      { accountId, purpose },
    );
  }

  /** Removes secrets that expired before a time, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'one_time_tokens', key: 'id', time: 'expires_at' }, before);
  }

  private async readOwner(statement: string, token: string, purpose: OneTimePurpose): Promise<LinkOwner | undefined> {
    const tokenHash = this.opaque.hash(token);
    const [row] = await this.sql.rows<{ user_id: number; email: string }>(statement, { tokenHash, purpose });
    return row && { accountId: row.user_id, email: row.email };
  }
}
