import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { announcedMove, EPOCH_MOVE, type EpochMove, movingEpoch } from './epoch-move.js';
import { EXISTS } from './epochs.service.js';
import { isNewUsername } from './identifiers.js';
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

/** Changes accounts as operators do: whatever is asked for at once, in one statement. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly sql: Sql,
    private readonly lastAdmin: LastAdmin,
  ) {}

  /**
   * Answers where the account's epoch is then, or `undefined` if there is no such account, or not with that address, or if
   * taking its rights away would have to end its sessions.
   * @param because why its sessions end, if they do: the epoch moves
   * @throws {NativeError} `last_admin`
   */
  async apply(id: number, change: AccountChange, because: string | undefined): Promise<EpochMove | undefined> {
    const { verifiedEmail } = change;
    const run = (proved: Readonly<Record<string, SqlValue>> = {}): Promise<EpochMove | undefined> =>
      this.run(change, { id, ...(because !== undefined && { because }), ...proved });
    return verifiedEmail === undefined
      ? run()
      : proveEmail(verifiedEmail, isNewUsername(verifiedEmail), (proved) => run({ ...proved }));
  }

  private async run(
    change: AccountChange,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<EpochMove | undefined> {
    const moves = 'because' in parameters;
    const update = `UPDATE users SET ${moves ? movingEpoch(this.sql) : 'updated_at = {now}'} ${assignmentsOf(change)}`;
    const statement = (where: string): string =>
      moves ? announcedMove(this.sql, `${update} WHERE ${where}`) : `${update} WHERE ${where} RETURNING ${EPOCH_MOVE}`;
    const condition = [
      EXISTS,
      ...(change.verifiedEmail === undefined ? [] : ['email_key IN (:emailKey, :olderEmailKey)']),
      // Tokens say who is an administrator: those of somebody who has become one meanwhile must end.
      ...(change.isAdmin === false && !moves ? ['NOT is_admin'] : []),
    ].join(' AND ');
    const mayTakeAdmin = change.isAdmin === false || change.status === 'deactivated' || change.forgetsPassword;
    const [row] = mayTakeAdmin
      ? await this.lastAdmin.rows<EpochMove>(statement, condition, parameters)
      : await this.sql.rows<EpochMove>(statement(`id = :id AND ${condition}`), parameters);
    return row;
  }
}

/** What follows the first assignment. */
function assignmentsOf({ status, isAdmin, verifiedEmail, forgetsPassword }: AccountChange): string {
  const assignments = [
    status && `status = '${status}'`,
    isAdmin !== undefined && `is_admin = ${isAdmin}`,
    verifiedEmail !== undefined && VERIFIED_EMAIL,
    verifiedEmail !== undefined && !status && ACTIVE_IF_PENDING,
    forgetsPassword && `password_hash = '${NO_PASSWORD}'`,
  ];
  return assignments
    .filter(Boolean)
    .map((assignment) => `, ${assignment}`)
    .join('');
}

/** Unlike a link, an operator may verify the address of an account that is closed, and stays so. */
const ACTIVE_IF_PENDING = `status = CASE WHEN status = 'pending' THEN 'active' ELSE status END`;
