import { Injectable } from '@nestjs/common';
import { collidedColumn } from '../database/failures.js';
import { Config } from '../config/env.js';
import { Sql, type SqlValue } from '../database/sql.js';
import { canonical, keysOfEmail, spellingsOf } from './canonical.js';

/** Claims that one statement ends at most: on SQLite a statement holds the thread that serves requests. */
export const CLAIMS_AT_ONCE = 500;

/** What other accounts have to do with the address of one. */
export interface OtherClaims {
  /** Another account has proved it. */
  readonly isTaken: boolean;
  /** Another account claims it or has a link for it, and may yet prove it. */
  readonly isContested: boolean;
}

/** How an address was proved. */
export interface Proof {
  /** True if a deactivated account may have it too, and stays deactivated. */
  readonly evenIfClosed?: boolean;
  readonly checkedHash?: string | undefined;
}

/** The account whose id a parameter holds has proved the address whose keys others hold. */
export const IS_PROVED = `EXISTS (SELECT 1 FROM users AS holder
  WHERE holder.id = :id AND holder.email_key IN (:emailKey, :olderEmailKey) AND holder.email_verified_at IS NOT NULL)`;

/** How many claims one statement trusts, or distrusts. */
const TRUSTED_AT_ONCE = 10_000;

/** Another account that may act has a link which would give it the address. */
const HAS_LINK = `EXISTS (SELECT 1 FROM one_time_tokens AS link JOIN users AS asking ON asking.id = link.user_id
  WHERE link.purpose = 'change_email' AND link.used_at IS NULL AND link.email_key IN (:emailKey, :olderEmailKey)
    AND link.user_id <> :id AND link.expires_at > {now} AND asking.status <> 'deactivated')`;

/** The statements on an account's e-mail address. */
@Injectable()
export class EmailsStore {
  constructor(
    private readonly sql: Sql,
    private readonly config: Config,
  ) {}

  /** Other accounts' claims on an address. Two existing accounts may both have proved it, each under its key. */
  async others(id: number, email: string): Promise<OtherClaims> {
    const other = (condition: string): string =>
      `EXISTS (SELECT 1 FROM users WHERE email_key IN (:emailKey, :olderEmailKey) AND id <> :id AND ${condition})`;
    const [row] = await this.sql.rows<Record<'taken' | 'contested', boolean | number>>(
      `SELECT ${other('email_verified_at IS NOT NULL')} AND NOT ${IS_PROVED} AS taken,
         (${other(`email_verified_at IS NULL AND status <> 'deactivated'`)} OR ${HAS_LINK}) AS contested`,
      { id, ...keysOfEmail(email) },
    );
    return { isTaken: Boolean(row?.taken), isContested: Boolean(row?.contested) };
  }

  /**
   * Takes an address that an account has proved from others that claim it, a batch of them; not from pending accounts,
   * which have nothing else. Answers whose claims ended.
   */
  async release(id: number, email: string): Promise<number[]> {
    const claims = `SELECT users.id FROM users WHERE users.email_key IN (:emailKey, :olderEmailKey) AND users.email_verified_at IS NULL
      AND users.status <> 'pending' AND ${IS_PROVED} LIMIT ${CLAIMS_AT_ONCE}`;
    const rows = await this.sql.rows<{ id: number }>(
      `UPDATE users SET email = NULL, email_key = NULL, email_spellings = NULL, email_claimed_at = NULL,
         email_claimed_through = NULL, updated_at = {now}
       WHERE id IN (${claims}) AND email_key IN (:emailKey, :olderEmailKey) AND email_verified_at IS NULL RETURNING id`,
      { id, ...keysOfEmail(email) },
    );
    return rows.map((row) => row.id);
  }

  /**
   * Gives an account another address, which its owner has proved. The unique index decides who gets it.
   * Answers whether the account has it now: not if another account was faster, nor one that is closed, unless it may be.
   * @param checkedHash hash of the password that was asked for, if one was: it must still be the account's
   */
  async replace(id: number, email: string, { evenIfClosed = false, checkedHash }: Proof = {}): Promise<boolean> {
    return this.has(
      `UPDATE users SET email = :email, email_key = :emailKey, email_spellings = :spellings, email_verified_at = {now},
         email_claimed_at = NULL, email_claimed_through = NULL,
         status = CASE WHEN status = 'pending' THEN 'active' ELSE status END,
         updated_at = {now}
       WHERE id = :id AND deleted_at IS NULL ${evenIfClosed ? '' : "AND status <> 'deactivated'"}
         AND password_hash = COALESCE(:checkedHash::text, password_hash) RETURNING id`,
      {
        id,
        email,
        emailKey: canonical('email', email),
        spellings: spellingsOf(email),
        checkedHash: checkedHash ?? null,
      },
    );
  }

  /**
   * Gives an account another address, which its owner has yet to prove unless it is the proved one already. Answers
   * whether the account has it now: not if another account has proved it.
   * @param through the door through which it is claimed
   */
  async claim(id: number, email: string, through: string): Promise<boolean> {
    const isProved = 'email_key IN (:emailKey, :olderEmailKey) AND email_verified_at IS NOT NULL';
    return this.has(
      `UPDATE users SET email = :email, email_key = :emailKey, email_spellings = :spellings, updated_at = {now},
         email_verified_at = CASE WHEN ${isProved} THEN email_verified_at ELSE ${this.config.EMAIL_VERIFICATION ? 'NULL' : '{now}'} END,
         email_claimed_at = CASE WHEN ${isProved} THEN email_claimed_at ELSE {now} END,
         email_claimed_through = CASE WHEN ${isProved} THEN email_claimed_through ELSE :through END
       WHERE id = :id AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM users AS holder
         WHERE holder.email_key IN (:emailKey, :olderEmailKey) AND holder.id <> :id AND holder.email_verified_at IS NOT NULL)
       RETURNING id`,
      { id, email, ...keysOfEmail(email), spellings: spellingsOf(email), through },
    );
  }

  private async has(update: string, parameters: Readonly<Record<string, SqlValue>>): Promise<boolean> {
    try {
      return (await this.sql.rows(update, parameters)).length === 1;
    } catch (error) {
      if (collidedColumn(error, ['email_key'])) return false;
      throw error;
    }
  }

  /** Makes the oldest claim of each unproved address a proof, as while registering is the proof. */
  async trustClaims(): Promise<void> {
    const other = (condition: string): string =>
      `EXISTS (SELECT 1 FROM users AS other WHERE other.email_key = users.email_key AND ${condition})`;
    await this.setVerified(
      '{now}',
      `email_verified_at IS NULL AND email_key IS NOT NULL AND status <> 'deactivated'
        AND NOT ${other('other.email_verified_at IS NOT NULL')}
        AND NOT ${other("other.email_verified_at IS NULL AND other.id < users.id AND other.status <> 'deactivated'")}`,
    );
  }

  /** Reverts `trustClaims`: what was only claimed has yet to be proved. */
  async distrustClaims(): Promise<void> {
    await this.setVerified('NULL', 'email_verified_at IS NOT NULL AND email_claimed_at IS NOT NULL');
  }

  /** In batches: one statement on a million accounts would exceed `DATABASE_STATEMENT_TIMEOUT`. */
  private async setVerified(time: string, condition: string): Promise<void> {
    const batch = `SELECT id FROM users WHERE ${condition} LIMIT ${TRUSTED_AT_ONCE}`;
    const update = `UPDATE users SET email_verified_at = ${time} WHERE id IN (${batch}) RETURNING id`;
    while ((await this.sql.rows(update)).length === TRUSTED_AT_ONCE);
  }
}
