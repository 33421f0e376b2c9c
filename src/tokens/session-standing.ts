import { timeOf } from '../database/sql.js';
import type { RevocationReason } from './session.entity.js';
import type { LiveSession, TokenSubject } from './token-subject.js';

/** A session and its account as one statement read them. */
export interface SessionStanding {
  readonly session: LiveSession;
  readonly revokedBecause: RevocationReason | null;
  readonly pinProvedAt: Date | null;
  /** The account, unless it is gone. */
  readonly subject: TokenSubject | undefined;
  /** Why the account's sessions were last ended, if this one does not count since then. */
  readonly leftBehindBecause: RevocationReason | undefined;
  /** The account's epoch. */
  readonly accountEpoch: number | undefined;
  /** When this was read, by the database's clock. */
  readonly readAt: Date;
}

type Time = string | Date;

/** A row with `STANDING_COLUMNS`. */
export interface StandingRow {
  id: string;
  user_id: number;
  contract: string;
  security_epoch: number;
  generation: number;
  rotated_at: Time;
  created_at: Time;
  expires_at: Time;
  revoked_because: RevocationReason | null;
  pin_proved_at: Time | null;
  read_at: Time;
  username: string | null;
  email: string | null;
  is_admin: boolean | number | null;
  status: TokenSubject['status'] | null;
  email_verified_at: Time | null;
  account_epoch: number | null;
  epoch_because: RevocationReason | null;
  kept_session_id: string | null;
  deleted_at: Time | null;
}

const ofAccount = (column: string): string => `(SELECT users.${column} FROM users WHERE users.id = sessions.user_id)`;

/** A condition on `sessions`: the session is of its account's epoch, or was kept when that last moved. */
export const COUNTS = `EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id
  AND (users.security_epoch = sessions.security_epoch OR users.kept_session_id = sessions.id))`;

/** Columns for a SELECT or RETURNING on `sessions`; subselects, as SQLite's RETURNING knows no join. */
export const STANDING_COLUMNS = `id, user_id, contract, security_epoch, generation, rotated_at, created_at, expires_at,
  revoked_because, pin_proved_at, {now} AS read_at, ${ofAccount('username')} AS username, ${ofAccount('email')} AS email,
  ${ofAccount('is_admin')} AS is_admin, ${ofAccount('status')} AS status,
  ${ofAccount('email_verified_at')} AS email_verified_at, ${ofAccount('security_epoch')} AS account_epoch,
  ${ofAccount('epoch_because')} AS epoch_because, ${ofAccount('kept_session_id')} AS kept_session_id,
  ${ofAccount('deleted_at')} AS deleted_at`;

/** What a row says. */
export function readStanding(row: StandingRow): SessionStanding {
  return {
    session: {
      id: row.id,
      accountId: row.user_id,
      contract: row.contract,
      epoch: row.security_epoch,
      generation: row.generation,
      rotatedAt: timeOf(row.rotated_at),
      createdAt: timeOf(row.created_at),
      expiresAt: timeOf(row.expires_at),
    },
    revokedBecause: row.revoked_because,
    pinProvedAt: row.pin_proved_at === null ? null : timeOf(row.pin_proved_at),
    subject: row.status === null || row.deleted_at !== null ? undefined : readSubject(row, row.status),
    leftBehindBecause: leftBehind(row) ? (row.epoch_because ?? 'tokens_cleared') : undefined,
    accountEpoch: row.account_epoch ?? undefined,
    readAt: timeOf(row.read_at),
  };
}

function leftBehind({ id, security_epoch, account_epoch, kept_session_id }: StandingRow): boolean {
  return security_epoch !== account_epoch && id !== kept_session_id;
}

function readSubject(row: StandingRow, status: TokenSubject['status']): TokenSubject {
  return {
    id: row.user_id,
    username: row.username,
    email: row.email,
    isAdmin: Boolean(row.is_admin),
    status,
    emailVerifiedAt: row.email_verified_at === null ? null : timeOf(row.email_verified_at),
  };
}
