import type { MigrationInterface, QueryRunner, Table, TableColumnOptions } from 'typeorm';
import { columnTypes } from '../column-types.js';
import { optional, table } from './table.js';

/** Accounts, sessions, signing keys, mailed links and the costs of stored passwords. */
export class Initial1763600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner)) await runner.createTable(table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner).reverse()) await runner.dropTable(table);
  }
}

function tables(runner: QueryRunner): Table[] {
  const { uuid, time } = columnTypes(runner);
  const id: Omit<TableColumnOptions, 'name'> = {
    type: 'integer',
    isPrimary: true,
    isGenerated: true,
    generationStrategy: 'increment',
  };
  return [
    table('users', {
      columns: {
        id,
        username: optional('text'),
        username_key: optional('text'),
        email: optional('text'),
        email_key: optional('text'),
        password_hash: { type: 'text' },
        is_admin: { type: 'boolean' },
        status: { type: 'text' },
        email_verified_at: optional(time),
        pin_hash: optional('text'),
        pin_failures: { type: 'integer' },
        pin_locked_until: optional(time),
        security_epoch: { type: 'integer' },
        revocation_due: optional('text'),
        created_at: { type: time },
        updated_at: { type: time },
        last_sign_in_at: optional(time),
      },
      unique: [['username_key'], ['email_key']],
      indices: [['status', 'created_at'], ['revocation_due']],
    }),
    table('sessions', {
      columns: {
        id: { type: uuid, isPrimary: true },
        user_id: { type: 'integer' },
        contract: { type: 'text' },
        security_epoch: { type: 'integer' },
        generation: { type: 'integer' },
        rotated_at: { type: time },
        created_at: { type: time },
        last_seen_at: { type: time },
        expires_at: { type: time },
        revoked_at: optional(time),
        revoked_because: optional('text'),
        secret_hash: optional('text'),
        pin_proved_at: optional(time),
        ip: optional('text'),
        user_agent: optional('text'),
      },
      unique: [['secret_hash']],
      indices: [['user_id'], ['expires_at'], ['revoked_at']],
    }),
    table('signing_keys', {
      columns: {
        kid: { type: 'text', isPrimary: true },
        sequence: { type: 'integer' },
        algorithm: { type: 'text' },
        public_jwk: { type: 'text' },
        sealed_private_key: { type: 'text' },
        created_at: { type: time },
      },
      unique: [['sequence']],
    }),
    table('one_time_tokens', {
      columns: {
        id,
        token_hash: { type: 'text' },
        purpose: { type: 'text' },
        user_id: { type: 'integer' },
        email: { type: 'text' },
        created_at: { type: time },
        expires_at: { type: time },
        used_at: optional(time),
      },
      unique: [['token_hash']],
      indices: [['user_id', 'purpose'], ['expires_at']],
    }),
    table('password_costs', { columns: { cost: { type: 'integer', isPrimary: true } } }),
  ];
}
