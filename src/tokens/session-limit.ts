const ALIVE = 'revoked_at IS NULL AND expires_at > {now}';

/** Sessions of an account that count, in two statements: with OR, SQLite would read those of all epochs. */
const OF_EPOCH = `SELECT id FROM sessions WHERE user_id = :accountId AND security_epoch = :epoch AND ${ALIVE}`;
const KEPT = `SELECT id FROM sessions WHERE id = (SELECT kept_session_id FROM users WHERE users.id = :accountId)
  AND security_epoch <> :epoch AND ${ALIVE}`;

/** Live sessions beyond the limit that are compared to find the one to end: all, unless a limit was introduced lately. */
const COMPARED_BEYOND = 1000;

/** The later of a session's last request and its last rotation; a session of the last minute is ended only if all are. */
const LAST_USE = `CASE WHEN created_at > {now-60} THEN 1 ELSE 0 END,
  CASE WHEN last_seen_at > rotated_at THEN last_seen_at ELSE rotated_at END`;

/** Sessions of an account that count, no more of them than tell whether they exceed the limit. */
function live(max: number): string {
  return `SELECT id FROM (${OF_EPOCH} LIMIT ${max + 1}) AS of_epoch UNION ALL ${KEPT}`;
}

/** A condition: an account has more than `max` sessions that count. Its parameters are `accountId` and the account's `epoch`. */
function isAbove(max: number): string {
  return `(SELECT COUNT(*) FROM (${live(max)}) AS live) > ${max}`;
}

/**
 * A condition on `sessions`: it is the one of its account that was not used for longest, and there are more than `max`. Its
 * parameters are `accountId`, the account's `epoch`, and `newId`, a session that is not compared.
 */
function leastUsedAbove(max: number, isPostgres: boolean): string {
  const compared = `SELECT id FROM (${OF_EPOCH} AND id <> :newId LIMIT ${max + COMPARED_BEYOND}) AS of_epoch UNION ALL ${KEPT}`;
  // Asked again of the row that is locked: another sign-in may have ended it meanwhile.
  const least = `SELECT id FROM sessions WHERE id IN (${compared}) AND revoked_at IS NULL ORDER BY ${LAST_USE} LIMIT 1
    ${isPostgres ? 'FOR UPDATE SKIP LOCKED' : ''}`;
  return `id = (${least}) AND ${isAbove(max)}`;
}

/** The limit of an account's sessions in SQL: a statement that finds a row above it, and the condition on the session to end. */
export function sessionLimit(max: number, isPostgres: boolean): { readonly above: string; readonly leastUsed: string } {
  return { above: `SELECT 1 WHERE ${isAbove(max)}`, leastUsed: leastUsedAbove(max, isPostgres) };
}
