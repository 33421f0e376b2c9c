import { REVOCATIONS_CHANNEL } from '../database/channels.js';
import type { Sql } from '../database/sql.js';

/** A move of an account's epoch, as the statement that made it returns it: all sessions ended but the one that was kept. */
export interface EpochMove {
  readonly id: number;
  readonly security_epoch: number;
  readonly epoch_because: string;
  readonly epoch_moved_at: string | Date;
  readonly kept_session_id: string | null;
}

/** The columns of an `EpochMove`. */
export const EPOCH_MOVE = 'id, security_epoch, epoch_because, epoch_moved_at, kept_session_id';

/** The session of an account whose id a parameter holds, if it counts. */
export function countingSession(parameter: string): string {
  return `SELECT sessions.id FROM sessions
    WHERE sessions.id = :${parameter}::uuid AND sessions.user_id = users.id AND sessions.revoked_at IS NULL
      AND sessions.expires_at > {now}
      AND (sessions.security_epoch = users.security_epoch OR sessions.id = users.kept_session_id)`;
}

/** A session is kept only if it counted until then. */
const KEPT = `(${countingSession('keptId')})`;

/**
 * Assignments that move an account's epoch, with the parameters `because` and, if a session is to be kept, `keptId`. The
 * new epoch is never below the seconds since 1970: a store that was restored must not give one again.
 */
export function movingEpoch(sql: Sql, keepsOne = false): string {
  const seconds = sql.isPostgres
    ? 'FLOOR(EXTRACT(EPOCH FROM {now}))::bigint'
    : `CAST(strftime('%s', {now}) AS INTEGER)`;
  return `security_epoch = CASE WHEN security_epoch >= ${seconds} THEN security_epoch + 1 ELSE ${seconds} END,
    epoch_moved_at = {now}, epoch_because = :because, kept_session_id = ${keepsOne ? KEPT : 'NULL'}, updated_at = {now}`;
}

/** A statement that moves epochs, announced to the other instances. */
export function announcedMove(sql: Sql, update: string): string {
  return sql.announced(REVOCATIONS_CHANNEL, `${update} RETURNING ${EPOCH_MOVE}`);
}
