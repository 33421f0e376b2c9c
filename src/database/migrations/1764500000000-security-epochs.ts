import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columnTypes } from '../column-types.js';

/**
 * Makes an account's row alone decide which of its sessions count (docs/decisions/0012). Plain `ALTER TABLE`: TypeORM
 * would copy a table of SQLite into a new one, which forgets the highest id and the indices that it does not know.
 */
export class SecurityEpochs1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { uuid, time } = columnTypes(runner);
    await run(runner, [
      `ALTER TABLE users ADD COLUMN epoch_moved_at ${time}`,
      'ALTER TABLE users ADD COLUMN epoch_because text',
      `ALTER TABLE users ADD COLUMN kept_session_id ${uuid}`,
      `ALTER TABLE users ADD COLUMN deleted_at ${time}`,
      `ALTER TABLE users ADD COLUMN pin_set_at ${time}`,
      `ALTER TABLE users ADD COLUMN pin_set_in ${uuid}`,
      ...epochsOfType(runner, 'bigint'),
      'DROP INDEX sessions_user_id_created_at_index',
      'CREATE INDEX sessions_user_id_id_index ON sessions (user_id, id)',
      `CREATE INDEX ${LIVE_INDEX} ON sessions (user_id, security_epoch, created_at, id) WHERE revoked_at IS NULL`,
      ...TAKE_OVER,
      'DROP INDEX users_revocation_due_index',
      'ALTER TABLE users DROP COLUMN revocation_due',
      'CREATE INDEX users_epoch_moved_at_index ON users (epoch_moved_at)',
      'CREATE INDEX users_deleted_at_index ON users (deleted_at) WHERE deleted_at IS NOT NULL',
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await run(runner, [
      'ALTER TABLE users ADD COLUMN revocation_due text',
      ...GIVE_BACK,
      'CREATE INDEX users_revocation_due_index ON users (revocation_due)',
      `DROP INDEX ${LIVE_INDEX}`,
      'DROP INDEX sessions_user_id_id_index',
      'CREATE INDEX sessions_user_id_created_at_index ON sessions (user_id, created_at)',
      ...epochsOfType(runner, 'integer'),
      'DROP INDEX users_deleted_at_index',
      'DROP INDEX users_epoch_moved_at_index',
      ...['pin_set_in', 'pin_set_at', 'deleted_at', 'kept_session_id', 'epoch_because', 'epoch_moved_at'].map(
        (column) => `ALTER TABLE users DROP COLUMN ${column}`,
      ),
    ]);
  }
}

const LIVE_INDEX = 'sessions_live_index';

/** Seconds since 1970 outgrow PostgreSQL's `integer` in 2038; SQLite's holds 64 bits. */
function epochsOfType(runner: QueryRunner, type: string): string[] {
  if (runner.dataSource.options.type !== 'postgres') return [];
  return ['users', 'sessions'].map((table) => `ALTER TABLE ${table} ALTER COLUMN security_epoch TYPE ${type}`);
}

const IS_MASS = `sessions.revoked_at IS NOT NULL AND sessions.security_epoch < users.security_epoch`;

/**
 * What ended all sessions of an account becomes a note on the account. Its sessions keep the reason, but leave the list of
 * sessions that were ended one by one. An account whose removal was cut short becomes a deleted one.
 */
const TAKE_OVER = [
  `UPDATE users SET
     epoch_moved_at = (SELECT MAX(sessions.revoked_at) FROM sessions WHERE sessions.user_id = users.id AND ${IS_MASS}),
     epoch_because = (SELECT sessions.revoked_because FROM sessions WHERE sessions.user_id = users.id AND ${IS_MASS}
       ORDER BY sessions.revoked_at DESC LIMIT 1)`,
  `UPDATE users SET epoch_moved_at = updated_at, epoch_because = revocation_due WHERE revocation_due IS NOT NULL`,
  `UPDATE users SET deleted_at = updated_at, is_admin = false, username = NULL, username_key = NULL, email = NULL,
     email_key = NULL, email_verified_at = NULL, password_hash = '!', pin_hash = NULL
   WHERE revocation_due = 'account_deleted'`,
  `UPDATE sessions SET revoked_at = NULL, security_epoch = -1
   WHERE revoked_at IS NOT NULL AND (revoked_because IN ('account_deleted', 'account_deactivated', 'password_changed')
     OR security_epoch < (SELECT users.security_epoch FROM users WHERE users.id = sessions.user_id))`,
];

/** The version before counts a session only if it says so itself. */
const GIVE_BACK = [
  `UPDATE sessions SET security_epoch = (SELECT users.security_epoch FROM users WHERE users.id = sessions.user_id)
   WHERE id IN (SELECT kept_session_id FROM users)`,
  'UPDATE users SET revocation_due = epoch_because WHERE epoch_because IS NOT NULL',
  `UPDATE sessions SET revoked_because = 'signed_out' WHERE revoked_because = 'session_limit'`,
];

async function run(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await runner.query(statement);
}
