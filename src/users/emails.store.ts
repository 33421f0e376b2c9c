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
   */
  async release(email: string): Promise<number | undefined> {
    const [emailKey, olderEmailKey = emailKey] = keysOf('email', email);
    const [row] = await this.sql.rows<{ id: number }>(
      `UPDATE users SET email = NULL, email_key = NULL, updated_at = {now}
       WHERE email_key IN (:emailKey, :olderEmailKey) AND email_verified_at IS NULL AND username_key IS NOT NULL AND status <> 'pending'
       RETURNING id`,
      { emailKey, olderEmailKey },
    );
    return row?.id;
  }

  /**
   * Gives an account another address, which its owner has proved. The unique index decides who gets it.
   * Answers whether the account has it now: not one that is closed, nor if another account was faster.
   */
  async replace(id: number, email: string): Promise<boolean> {
    try {
      const rows = await this.sql.rows(
        `UPDATE users SET email = :email, email_key = :emailKey, email_verified_at = {now}, status = 'active',
           updated_at = {now}
         WHERE id = :id AND status <> 'deactivated' RETURNING id`,
        { id, email, emailKey: canonical('email', email) },
      );
      return rows.length === 1;
    } catch (error) {
      if (collidedColumn(error, ['email_key'])) return false;
      throw error;
    }
  }
}
