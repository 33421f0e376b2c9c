import { type MigrationInterface, type QueryRunner, type Table, TableColumn, TableIndex } from 'typeorm';
import { columnTypes } from '../column-types.js';
import { index, optional, table } from './table.js';

/** The longest life of a session by default, which no token outlived; the next start raises it if tokens may live longer. */
const TOKEN_SECONDS_OF_BEFORE = 30 * 86_400;

/** The schedule of signing keys, service clients, the audit trail, usage, limits, and indices for lists. */
export class Platform1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await scheduleKeys(runner);
    for (const newTable of tables(runner)) await runner.createTable(newTable);
    await runner.dropIndex('sessions', 'sessions_user_id_index');
    for (const [of, newIndex] of INDICES) await runner.createIndex(of, newIndex);
    for (const [name, columns] of prefixIndices(runner))
      await runner.query(`CREATE INDEX ${name} ON users (${columns})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name] of prefixIndices(runner)) await runner.query(`DROP INDEX ${name}`);
    for (const [of, newIndex] of INDICES.toReversed()) await runner.dropIndex(of, newIndex);
    await runner.createIndex('sessions', new TableIndex(index('sessions', ['user_id'])));
    for (const { name } of tables(runner).reverse()) await runner.dropTable(name);
    await runner.dropColumns('signing_keys', ['signs_from', 'token_seconds', 'revoked_at']);
  }
}

/**
 * The indices for lists that search names by their beginning, alone and among the accounts of a status. SQLite compares
 * texts by their bytes anyway; there the unique indices serve the first kind.
 */
function prefixIndices(runner: QueryRunner): (readonly [name: string, columns: string])[] {
  const isPostgres = runner.dataSource.options.type === 'postgres';
  return ['username_key', 'email_key'].flatMap((column) => {
    const inByteOrder = isPostgres ? `${column} COLLATE "C"` : column;
    const ofStatus = [`users_status_${column}_prefix_index`, `status, ${inByteOrder}`] as const;
    return isPostgres ? [[`users_${column}_prefix_index`, inByteOrder] as const, ofStatus] : [ofStatus];
  });
}

const INDICES: readonly (readonly [string, TableIndex])[] = [
  ['sessions', new TableIndex(index('sessions', ['user_id', 'created_at']))],
  ['users', new TableIndex(index('users', ['status', 'id']))],
  ['users', new TableIndex(index('users', ['is_admin', 'id']))],
];

async function scheduleKeys(runner: QueryRunner): Promise<void> {
  const { time } = columnTypes(runner);
  const columns = [
    new TableColumn({ name: 'signs_from', type: time, isNullable: true }),
    new TableColumn({ name: 'token_seconds', type: 'integer', isNullable: true }),
    new TableColumn({ name: 'revoked_at', type: time, isNullable: true }),
  ] as const;
  await runner.addColumns('signing_keys', [...columns]);
  await runner.query(`UPDATE signing_keys SET signs_from = created_at, token_seconds = ${TOKEN_SECONDS_OF_BEFORE}`);
  for (const column of columns.slice(0, 2)) {
    const required = column.clone();
    required.isNullable = false;
    await runner.changeColumn('signing_keys', column.name, required);
  }
}

function tables(runner: QueryRunner): Table[] {
  const { uuid, time } = columnTypes(runner);
  return [
    table('service_clients', {
      columns: {
        id: { type: 'text', isPrimary: true },
        name: { type: 'text' },
        secret_hash: { type: 'text' },
        scopes: { type: 'text' },
        created_at: { type: time },
        revoked_at: optional(time),
      },
    }),
    table('audit_events', {
      columns: {
        id: { type: uuid, isPrimary: true },
        at: { type: time },
        kind: { type: 'text' },
        refusal: optional('text'),
        account_id: optional('integer'),
        actor_id: optional('integer'),
        actor: optional('text'),
        identifier_hash: optional('text'),
        door: { type: 'text' },
        session_id: optional(uuid),
        ip: optional('text'),
        user_agent: optional('text'),
        request_id: optional('text'),
        detail: optional('text'),
      },
      indices: [
        ['account_id', 'id'],
        ['actor_id', 'id'],
        ['kind', 'id'],
      ],
    }),
    table('usage_days', {
      columns: {
        day: { type: 'text', isPrimary: true },
        contract: { type: 'text', isPrimary: true },
        registrations: { type: 'integer' },
        sign_ins: { type: 'integer' },
        refreshes: { type: 'integer' },
        requests: { type: 'integer' },
      },
    }),
    table('rate_limits', {
      columns: {
        key: { type: 'text', isPrimary: true },
        points: { type: 'integer' },
        expires_at: { type: time },
      },
      indices: [['expires_at']],
    }),
    table('known_networks', {
      columns: {
        user_id: { type: 'integer', isPrimary: true },
        network: { type: 'text', isPrimary: true },
        last_sign_in_at: { type: time },
      },
      indices: [['last_sign_in_at']],
    }),
  ];
}
