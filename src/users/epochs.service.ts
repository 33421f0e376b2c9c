import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { keysOfEmail } from './canonical.js';
import { announcedMove, type EpochMove, movingEpoch } from './epoch-move.js';
import { LastAdmin } from './last-admin.js';
import { NO_PASSWORD } from './password-scheme.js';
import { CLAIMS_AT_ONCE, IS_PROVED } from './emails.store.js';
import { OF_PROVED_EMAIL, PROVED_EMAIL, proveEmail } from './proved-email.js';

/** A deleted account never changes. */
export const EXISTS = 'deleted_at IS NULL';

const FORGET_UNPROVED_PIN = `pin_hash = CASE WHEN email_verified_at IS NOT NULL THEN pin_hash END,
  pin_locked_until = CASE WHEN email_verified_at IS NOT NULL THEN pin_locked_until END,
  pin_failures = CASE WHEN email_verified_at IS NOT NULL THEN pin_failures ELSE 0 END`;

const CLOSE = `status = 'deactivated'`;

/** Frees the names and forgets everything about the person. */
const EMPTY = `${CLOSE}, deleted_at = {now}, is_admin = false, username = NULL, username_key = NULL, email = NULL,
  email_key = NULL, email_spellings = NULL, email_verified_at = NULL, email_claimed_at = NULL,
  email_claimed_through = NULL, password_hash = '${NO_PASSWORD}', pin_hash = NULL, pin_failures = 0,
  pin_locked_until = NULL, pin_set_at = NULL, pin_set_in = NULL, last_sign_in_at = NULL`;

const other = (counts: string): string => `EXISTS (SELECT 1 FROM sessions WHERE sessions.user_id = users.id
  AND sessions.id <> :keptId::uuid AND sessions.revoked_at IS NULL AND sessions.expires_at > {now} AND ${counts})`;

/** True if another session than `keptId` counts. With OR inside, SQLite would read the sessions of all epochs. */
const OTHERS = `(${other('sessions.security_epoch = users.security_epoch')} OR ${other('sessions.id = users.kept_session_id')})`;

type Parameters = Readonly<Record<string, SqlValue>>;

/**
 * Ends all sessions of an account, or all but one, in one statement on its row. No session's row is touched. Each act
 * returns the move, or `undefined` if its condition did not hold.
 */
@Injectable()
export class EpochsService {
  constructor(
    private readonly sql: Sql,
    private readonly lastAdmin: LastAdmin,
  ) {}

  async advance(id: number, because: string): Promise<EpochMove | undefined> {
    return this.move({ assignments: '', condition: EXISTS, parameters: { id, because } });
  }

  /** Does nothing if no other session counts. @param keptId the session that goes on, if it counts */
  async endOthers(id: number, because: string, keptId: string): Promise<EpochMove | undefined> {
    return this.move({ assignments: '', condition: `${EXISTS} AND ${OTHERS}`, parameters: { id, because, keptId } });
  }

  /** Changes the password if the one that was checked is still the account's. */
  async changePassword(
    id: number,
    because: string,
    passwords: { readonly checkedHash: string; readonly passwordHash: string },
    keptId: string,
  ): Promise<EpochMove | undefined> {
    return this.move({
      assignments: ', password_hash = :passwordHash',
      condition: `password_hash = :checkedHash AND status <> 'deactivated'`,
      parameters: { id, because, ...passwords, keptId },
    });
  }

  /**
   * Sets a new password for whoever proved the account's address, if it still is, and the account is open. A PIN that was
   * set while the address was unverified may be a stranger's, and goes.
   */
  async resetPassword(
    id: number,
    because: string,
    { email, usernameFits }: { readonly email: string; readonly usernameFits: boolean },
    passwordHash: string,
  ): Promise<EpochMove | undefined> {
    const assignments = `, password_hash = :passwordHash, ${PROVED_EMAIL}, ${FORGET_UNPROVED_PIN}`;
    return proveEmail(email, usernameFits, (proved) =>
      this.move({ assignments, condition: OF_PROVED_EMAIL, parameters: { id, because, ...proved, passwordHash } }),
    );
  }

  /** Closes the account to all use. @throws {NativeError} `last_admin` */
  async deactivate(id: number, because: string): Promise<EpochMove | undefined> {
    return this.close(CLOSE, EXISTS, { id, because });
  }

  /** Empties the account's row for good. @throws {NativeError} `last_admin` */
  async delete(id: number, because: string): Promise<EpochMove | undefined> {
    return this.close(EMPTY, EXISTS, { id, because });
  }

  /** As `delete`, if the password that was checked is still the account's. @throws {NativeError} `last_admin` */
  async deleteOwned(id: number, because: string, checkedHash: string): Promise<EpochMove | undefined> {
    return this.close(EMPTY, 'password_hash = :checkedHash', { id, because, checkedHash });
  }

  /** As `delete`, for an account that is still pending. */
  async deletePending(id: number, because: string): Promise<EpochMove | undefined> {
    return this.move({ assignments: `, ${EMPTY}`, condition: `status = 'pending'`, parameters: { id, because } });
  }

  /** As `deletePending`, for those that claim an address which an account has proved, a batch of them. */
  async deleteClaimants(provedBy: number, email: string, because: string): Promise<EpochMove[]> {
    const unproved = `email_key IN (:emailKey, :olderEmailKey) AND email_verified_at IS NULL AND status = 'pending'`;
    const update = `UPDATE users SET ${movingEpoch(this.sql)}, ${EMPTY}
      WHERE id IN (SELECT users.id FROM users WHERE ${unproved} AND ${IS_PROVED} LIMIT ${CLAIMS_AT_ONCE}) AND ${unproved}`;
    return this.sql.rows<EpochMove>(announcedMove(this.sql, update), { id: provedBy, ...keysOfEmail(email), because });
  }

  private async close(assignments: string, condition: string, parameters: Parameters): Promise<EpochMove | undefined> {
    const update = `UPDATE users SET ${movingEpoch(this.sql)}, ${assignments}`;
    const statement = (where: string): string => announcedMove(this.sql, `${update} WHERE ${where}`);
    const [move] = await this.lastAdmin.rows<EpochMove>(statement, condition, parameters);
    return move;
  }

  private async move({
    assignments,
    condition,
    parameters,
  }: {
    readonly assignments: string;
    readonly condition: string;
    readonly parameters: Parameters;
  }): Promise<EpochMove | undefined> {
    const moving = movingEpoch(this.sql, 'keptId' in parameters);
    const update = `UPDATE users SET ${moving} ${assignments} WHERE id = :id AND ${condition}`;
    const [move] = await this.sql.rows<EpochMove>(announcedMove(this.sql, update), parameters);
    return move;
  }
}
