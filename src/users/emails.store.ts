import { Injectable } from '@nestjs/common';
import { collidedColumn } from '../database/failures.js';
import { Sql } from '../database/sql.js';
import { canonical, keysOf } from './canonical.js';

/** The statements on an account's e-mail address. */
@Injectable()
export class EmailsStore {
  constructor(private readonly sql: Sql) {}

  /**
   * Takes an address, which somebody else has proved to have, from an account that only claims it and has a username to go
   * by. Answers whose claim that was.
   * @param exceptId of the account that has proved it
   */
  async release(email: string, exceptId: number): Promise<number | undefined> {
    const [emailKey, olderEmailKey = emailKey] = keysOf('email', email);
    const [row] = await this.sql.rows<{ id: number }>(
      `UPDATE users SET email = NULL, email_key = NULL, updated_at = {now}
       WHERE email_key IN (:emailKey, :olderEmailKey) AND id <> :exceptId AND email_verified_at IS NULL AND username_key IS NOT NULL AND status <> 'pending'
       RETURNING id`,
      { emailKey, olderEmailKey, exceptId },
    );
    return row?.id;
  }

  /**
   * Gives an account another address, which its owner has proved. The unique index decides who gets it.
   * Answers whether the account has it now: not if another account was faster, nor one that is closed, unless it may be.
   */
  async replace(id: number, email: string, evenIfClosed: boolean): Promise<boolean> {
    return this.has(
      `UPDATE users SET email = :email, email_key = :emailKey, email_verified_at = {now}, updated_at = {now},
         status = CASE WHEN status = 'pending' THEN 'active' ELSE status END
       WHERE id = :id AND deleted_at IS NULL ${evenIfClosed ? '' : "AND status <> 'deactivated'"} RETURNING id`,
      id,
      email,
    );
  }

  /**
   * Gives an account another address, which its owner has yet to prove. Answers whether the account has it now: not if
   * another account has it.
   */
  async claim(id: number, email: string): Promise<boolean> {
    return this.has(
      `UPDATE users SET email = :email, email_key = :emailKey, updated_at = {now},
         email_verified_at = CASE WHEN email_key = :emailKey THEN email_verified_at END
       WHERE id = :id AND deleted_at IS NULL RETURNING id`,
      id,
      email,
    );
  }

  private async has(update: string, id: number, email: string): Promise<boolean> {
    try {
      return (await this.sql.rows(update, { id, email, emailKey: canonical('email', email) })).length === 1;
    } catch (error) {
      if (collidedColumn(error, ['email_key'])) return false;
      throw error;
    }
  }
}
