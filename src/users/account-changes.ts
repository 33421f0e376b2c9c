import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { STAYS } from './epochs.service.js';
import { isUsername } from './identifiers.js';
import { LastAdmin } from './last-admin.js';
import { NO_PASSWORD } from './password-scheme.js';
import { proveEmail, VERIFIED_EMAIL } from './proved-email.js';

/** What an operator changes of an account; what is missing stays as it is. */
export interface AccountChange {
  readonly status?: 'active' | 'deactivated' | undefined;
  readonly isAdmin?: boolean | undefined;
  /** The address to be taken for verified, if it is the account's still. */
  readonly verifiedEmail?: string | undefined;
  /** Whether the password shall count no more. */
  readonly forgetsPassword?: boolean | undefined;
}

/** Why a change ends every session of the account, if it does. */
export type EndingReason = 'account_deactivated' | 'password_changed';

/** Changes accounts as operators do: whatever is asked for at once, in one statement. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly sql: Sql,
    private readonly lastAdmin: LastAdmin,
  ) {}

  /**
   * Answers the account's epoch then, or `undefined` if there is no such account with that address.
   * @param because why its sessions end, if they do: the epoch advances
   * @throws {NativeError} `last_admin`
   */
  async apply(id: number, change: AccountChange, because: EndingReason | undefined): Promise<number | undefined> {
    const { verifiedEmail } = change;
    const run = (proved: Readonly<Record<string, SqlValue>> = {}): Promise<number | undefined> =>
      this.run(change, { id, ...(because && { because }), ...proved });
    return verifiedEmail === undefined
      ? run()
      : proveEmail(verifiedEmail, isUsername(verifiedEmail), (proved) => run({ ...proved }));
  }

  private async run(
    change: AccountChange,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<number | undefined> {
    const update = `UPDATE users SET ${assignmentsOf(change, 'because' in parameters)}`;
    const condition = change.verifiedEmail === undefined ? STAYS : `${STAYS} AND email_key = :emailKey`;
    const mayTakeAdmin = change.isAdmin === false || change.status === 'deactivated' || change.forgetsPassword;
    const [row] = mayTakeAdmin
      ? await this.lastAdmin.rows<{ security_epoch: number }>(update, condition, parameters)
      : await this.sql.rows<{ security_epoch: number }>(
          `${update} WHERE id = :id AND ${condition} RETURNING security_epoch`,
          parameters,
        );
    return row?.security_epoch;
  }
}

function assignmentsOf({ status, isAdmin, verifiedEmail, forgetsPassword }: AccountChange, ends: boolean): string {
  const assignments = [
    'updated_at = {now}',
    status && `status = '${status}'`,
    isAdmin !== undefined && `is_admin = ${isAdmin}`,
    verifiedEmail !== undefined && VERIFIED_EMAIL,
    verifiedEmail !== undefined && !status && ACTIVE_IF_PENDING,
    forgetsPassword && `password_hash = '${NO_PASSWORD}'`,
    ends && 'security_epoch = security_epoch + 1, revocation_due = :because',
  ];
  return assignments.filter(Boolean).join(', ');
}

/** Unlike a link, an operator may verify the address of an account that is closed, and stays so. */
const ACTIVE_IF_PENDING = `status = CASE WHEN status = 'pending' THEN 'active' ELSE status END`;
