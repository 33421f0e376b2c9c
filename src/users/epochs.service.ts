import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';

/** The statements that advance an account's security epoch: from then on no session of before counts. */
@Injectable()
export class EpochsService {
  constructor(private readonly sql: Sql) {}

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

  /** Advances the epoch and closes the account to all use. */
  async deactivate(id: number, because: string): Promise<number | undefined> {
    return this.bump(id, because, `, status = 'deactivated'`, '', {});
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

  private async bump(
    id: number,
    because: string,
    assignments: string,
    condition: string,
    parameters: Record<string, string>,
  ): Promise<number | undefined> {
    const [row] = await this.sql.rows<{ security_epoch: number }>(
      `UPDATE users SET security_epoch = security_epoch + 1, revocation_due = :because, updated_at = {now} ${assignments}
       WHERE id = :id AND (revocation_due IS NULL OR revocation_due <> 'account_deleted') ${condition}
       RETURNING security_epoch`,
      { id, because, ...parameters },
    );
    return row?.security_epoch;
  }
}
