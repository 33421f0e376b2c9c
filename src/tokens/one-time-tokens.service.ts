import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { ServiceSecret } from '../config/service-secret.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import type { LinkEnd, LinkFate } from '../errors/link-fate.js';
import { OneTimeToken, type OneTimePurpose } from './one-time-token.entity.js';
import { OpaqueTokenService } from './opaque-token.service.js';

/** What `rowsUnlessUnderWay` is told a link is about: links of different purposes do not hinder each other. */
const ABOUT: Readonly<Record<OneTimePurpose, number>> = { verify_email: 1, reset_password: 2, change_email: 4 };

/** Whom a mailed link is for, and what for. */
export interface LinkOwner {
  readonly accountId: number;
  readonly email: string;
}

/** A link to be mailed. */
export interface NewLink extends LinkOwner {
  readonly purpose: OneTimePurpose;
  /** The address in its canonical form. */
  readonly emailKey: string;
  readonly lifetimeSeconds: number;
  /** How long there must have been no other link for this account and purpose. */
  readonly quietSeconds: number;
  /** The hash of the password that was asked for before, if one was: it must still be the account's. */
  readonly checkedHash?: string;
  /** The account's proved address at that time, in its canonical form, or '': it must still be the same. */
  readonly provedEmail?: string;
  /** What the secret is made from: the same for the same mail, however often it is tried. */
  readonly mailId: string;
}

/** Secrets that are mailed in links and work once. */
@Injectable()
export class OneTimeTokensService {
  private readonly linkKey: Buffer;

  constructor(
    private readonly sql: Sql,
    @InjectRepository(OneTimeToken) private readonly links: Repository<OneTimeToken>,
    private readonly opaque: OpaqueTokenService,
    secret: ServiceSecret,
  ) {
    this.linkKey = secret.derive('mailed links');
  }

  /**
   * A new secret, or `undefined` if the last one was issued too recently or the account is closed. A newer link to change
   * the address ends the older ones. On PostgreSQL the lock on the account's row holds off a change of password that
   * would not see this link yet.
   */
  async issue(link: NewLink): Promise<string | undefined> {
    const token = createHmac('sha256', this.linkKey).update(`${link.purpose} ${link.mailId}`).digest('base64url');
    // Where no quiet is kept, a link that is under way elsewhere must not keep this one back.
    const isQuietKept = link.quietSeconds > 0;
    const statement = `INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, email_key, created_at, expires_at)
       SELECT :tokenHash::text, :purpose::text, users.id, :email::text, :emailKey::text, {now}, {now+${link.lifetimeSeconds}}
       FROM users WHERE users.id = :accountId AND users.status <> 'deactivated'
         AND users.password_hash = COALESCE(:checkedHash::text, users.password_hash)
         AND (:provedEmail::text IS NULL
           OR :provedEmail::text = CASE WHEN users.email_verified_at IS NULL THEN '' ELSE users.email_key END)
         ${isQuietKept ? `AND NOT ${issuedWithin(link.quietSeconds)}` : ''}
       ${this.sql.isPostgres ? 'FOR SHARE' : ''} ON CONFLICT (token_hash) DO NOTHING RETURNING id`;
    const values = {
      tokenHash: this.opaque.hash(token),
      checkedHash: link.checkedHash ?? null,
      provedEmail: link.provedEmail ?? null,
      purpose: link.purpose,
      accountId: link.accountId,
      email: link.email,
      emailKey: link.emailKey,
    };
    const rows = isQuietKept
      ? await this.sql.rowsUnlessUnderWay<{ id: number }>([ABOUT[link.purpose], link.accountId], statement, values)
      : await this.sql.rows<{ id: number }>(statement, values);
    // It may have been made by a try before.
    if (!rows[0]) return (await this.find(token, link.purpose)) && token;
    if (link.purpose === 'change_email') await this.endOlder(rows[0].id, link);
    return token;
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
      `UPDATE one_time_tokens SET used_at = {now}, ended_because = 'used'
       WHERE token_hash = :tokenHash AND purpose = :purpose AND used_at IS NULL AND expires_at > {now}
       RETURNING user_id, email`,
      token,
      purpose,
    );
  }

  /** Notes that a secret was used in vain: its account had changed. */
  async wasInVain(token: string): Promise<void> {
    await this.sql.rows(`UPDATE one_time_tokens SET ended_because = 'account_changed' WHERE token_hash = :tokenHash`, {
      tokenHash: this.opaque.hash(token),
    });
  }

  /** What became of a secret for one of these purposes that does not work; `undefined` if there is none, or none any more. */
  async fateOf(token: string, ...purposes: readonly OneTimePurpose[]): Promise<LinkFate | undefined> {
    const found = await this.links.findOneBy({ tokenHash: this.opaque.hash(token), purpose: In(purposes) });
    if (!found) return undefined;
    const { userId: accountId, purpose, email, usedAt, endedBecause, expiresAt } = found;
    const link = { accountId, purpose, email };
    if (usedAt) return { ...link, what: endedBecause ?? 'account_changed', at: usedAt };
    const isAlive = await this.find(token, purpose);
    return isAlive ? { ...link, what: 'account_changed', at: undefined } : { ...link, what: 'expired', at: expiresAt };
  }

  /** Removes every secret of an account, and with it the addresses that they were mailed to. */
  async forget(accountId: number): Promise<void> {
    await this.sql.rows('DELETE FROM one_time_tokens WHERE user_id = :accountId', { accountId });
  }

  /** Ends every secret of an account for these purposes. */
  async endAll(accountId: number, because: LinkEnd, ...purposes: readonly OneTimePurpose[]): Promise<void> {
    await this.sql.rows(
      `UPDATE one_time_tokens SET used_at = {now}, ended_because = :because
       WHERE user_id = :accountId AND purpose IN (${purposes.map((_purpose, i) => `:purpose${i}`).join(', ')})
         AND used_at IS NULL`,
      { accountId, because, ...Object.fromEntries(purposes.map((purpose, i) => [`purpose${i}`, purpose])) },
    );
  }

  /** Removes secrets that expired before a time, and with them what is known of their fate, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'one_time_tokens', key: 'id', time: 'expires_at' }, before);
  }

  private async endOlder(id: number, { accountId, purpose }: NewLink): Promise<void> {
    await this.sql.rows(
      `UPDATE one_time_tokens SET used_at = {now}, ended_because = 'newer_link'
       WHERE user_id = :accountId AND purpose = :purpose AND id < :id AND used_at IS NULL`,
      { id, accountId, purpose },
    );
  }

  private async readOwner(statement: string, token: string, purpose: OneTimePurpose): Promise<LinkOwner | undefined> {
    const tokenHash = this.opaque.hash(token);
    const [row] = await this.sql.rows<{ user_id: number; email: string }>(statement, { tokenHash, purpose });
    return row && { accountId: row.user_id, email: row.email };
  }
}

function issuedWithin(seconds: number): string {
  return `EXISTS (SELECT 1 FROM one_time_tokens
    WHERE user_id = :accountId AND purpose = :purpose AND created_at > {now-${seconds}})`;
}
