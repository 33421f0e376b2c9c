import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columnTypes } from '../column-types.js';

/** Lets any number of accounts claim an address, and one prove it (docs/decisions/0014). */
export class EmailClaims1764600300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { time } = columnTypes(runner);
    await run(runner, [
      `ALTER TABLE users ADD COLUMN email_claimed_at ${time}`,
      'ALTER TABLE users ADD COLUMN email_claimed_through text',
      CLAIM_WHAT_IS_UNPROVED,
      `DROP INDEX ${UNIQUE_INDEX}`,
      `CREATE UNIQUE INDEX ${UNIQUE_INDEX} ON users (email_key) WHERE email_verified_at IS NOT NULL`,
      `CREATE INDEX ${CLAIMS_INDEX} ON users (email_key, email_claimed_at, id) WHERE email_verified_at IS NULL`,
      `CREATE INDEX ${TRUSTED_INDEX} ON users (id) WHERE email_verified_at IS NOT NULL AND email_claimed_at IS NOT NULL`,
      ...prefixIndex(runner, `CREATE INDEX ${PREFIX_INDEX} ON users (email_key)`),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await run(runner, [
      ...prefixIndex(runner, `DROP INDEX ${PREFIX_INDEX}`),
      `DROP INDEX ${TRUSTED_INDEX}`,
      `DROP INDEX ${CLAIMS_INDEX}`,
      `DROP INDEX ${UNIQUE_INDEX}`,
      LEAVE_ONE_CLAIM,
      `CREATE UNIQUE INDEX ${UNIQUE_INDEX} ON users (email_key)`,
      'ALTER TABLE users DROP COLUMN email_claimed_through',
      'ALTER TABLE users DROP COLUMN email_claimed_at',
    ]);
  }
}

const UNIQUE_INDEX = 'users_email_key_unique';
const CLAIMS_INDEX = 'users_email_claims_index';
const TRUSTED_INDEX = 'users_trusted_claims_index';
const PREFIX_INDEX = 'users_email_key_prefix_index';

/** The audit trail may still know through what an account was made. */
const CLAIM_WHAT_IS_UNPROVED = `UPDATE users SET email_claimed_at = created_at,
    email_claimed_through = (SELECT door FROM audit_events WHERE audit_events.account_id = users.id
      AND audit_events.kind IN ('registered', 'account_created') ORDER BY audit_events.id LIMIT 1)
  WHERE email_key IS NOT NULL AND email_verified_at IS NULL`;

/** The version before has one account for an address: the one that proved it, else the newest. */
const LEAVE_ONE_CLAIM = `UPDATE users SET email = NULL, email_key = NULL
  WHERE email_verified_at IS NULL AND EXISTS (SELECT 1 FROM users AS other WHERE other.email_key = users.email_key
    AND other.id <> users.id AND (other.email_verified_at IS NOT NULL OR other.id > users.id))`;

/** For searches by a beginning, which the unique index served on SQLite. PostgreSQL has an index in byte order. */
function prefixIndex(runner: QueryRunner, statement: string): string[] {
  return runner.dataSource.options.type === 'postgres' ? [] : [statement];
}

async function run(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await runner.query(statement);
}
