import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { LastAdmin } from './last-admin.js';
import { OF_PROVED_EMAIL, PROVED_EMAIL, proveEmail } from './proved-email.js';

/** An account that is being deleted is changed no more. */
export const STAYS = `(revocation_due IS NULL OR revocation_due <> 'account_deleted')`;

interface EpochRow {
  security_epoch: number;
}

const advancing = (assignments: string): string =>
  `UPDATE users SET security_epoch = security_epoch + 1, revocation_due = :because, updated_at = {now} ${assignments}`;

const FORGET_UNPROVED_PIN = `pin_hash = CASE WHEN email_verified_at IS NOT NULL THEN pin_hash END,
  pin_locked_until = CASE WHEN email_verified_at IS NOT NULL THEN pin_locked_until END,
  pin_failures = CASE WHEN email_verified_at IS NOT NULL THEN pin_failures ELSE 0 END`;

/** The statements that advance an account's security epoch: from then on no session of before counts. */
@Injectable()
export class EpochsService {
  constructor(
    private readonly sql: Sql,
    private readonly lastAdmin: LastAdmin,
  ) {}

  /** Advances the epoch. Answers the new one, or `undefined` for an account that is gone or being deleted. */
  async advance(id: number, because: string): Promise<number | undefined> {
    return this.bump(id, because, '', '', {});
  }

  /** Advances the epoch with a new password, if the password that was checked is still the account's. */
  async changePassword(
    id: number,
    because: string,
    checkedHash: string,
    passwordHash: string,
  ): Promise<number | undefined> {
    return this.bump(
      id,
      because,
      ', password_hash = :passwordHash',
      `AND password_hash = :checkedHash AND status <> 'deactivated'`,
      {
        checkedHash,
        passwordHash,
      },
    );
  }

  /**
   * Advances the epoch with a new password for whoever proved to have the account's address: if it still has that, and is
   * not closed. A PIN that was set while the address was unverified may be a stranger's, and goes.
   */
  async resetPassword(
    id: number,
    because: string,
    { email, usernameFits }: { readonly email: string; readonly usernameFits: boolean },
    passwordHash: string,
  ): Promise<number | undefined> {
    const assignments = `, password_hash = :passwordHash, ${PROVED_EMAIL}, ${FORGET_UNPROVED_PIN}`;
    return proveEmail(email, usernameFits, (proved) =>
      this.bump(id, because, assignments, `AND ${OF_PROVED_EMAIL}`, { ...proved, passwordHash }),
    );
  }

  /** Advances the epoch and closes the account to all use. @throws {NativeError} `last_admin` */
  async deactivate(id: number, because: string): Promise<number | undefined> {
    return this.close(id, because, STAYS, {});
  }

  /** As `deactivate`, if the password that was checked is still the account's. @throws {NativeError} `last_admin` */
  async deactivateOwned(id: number, because: string, checkedHash: string): Promise<number | undefined> {
    return this.close(id, because, `${STAYS} AND password_hash = :checkedHash`, { checkedHash });
  }

  /** Closes an account that has stayed pending; `undefined` if its owner verified it meanwhile. */
  async deactivatePending(id: number, because: string): Promise<number | undefined> {
    return this.bump(id, because, `, status = 'deactivated'`, `AND status = 'pending'`, {});
  }

  /** Notes that the sessions left behind an epoch are revoked. */
  async settle(id: number, epoch: number): Promise<void> {
    await this.sql.rows('UPDATE users SET revocation_due = NULL WHERE id = :id AND security_epoch = :epoch', {
      id,
      epoch,
    });
  }

  /** Removes a closed account, once its sessions are revoked. */
  async remove(id: number): Promise<void> {
    await this.sql.rows('DELETE FROM users WHERE id = :id', { id });
  }

  private async close(
    id: number,
    because: string,
    condition: string,
    parameters: Record<string, string>,
  ): Promise<number | undefined> {
    const update = advancing(`, status = 'deactivated'`);
    const [row] = await this.lastAdmin.rows<EpochRow>(update, condition, { id, because, ...parameters });
    return row?.security_epoch;
  }

  private async bump(
    id: number,
    because: string,
    assignments: string,
    condition: string,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<number | undefined> {
    const [row] = await this.sql.rows<EpochRow>(
      `${advancing(assignments)} WHERE id = :id AND ${STAYS} ${condition} RETURNING security_epoch`,
      { id, because, ...parameters },
    );
    return row?.security_epoch;
  }
}
