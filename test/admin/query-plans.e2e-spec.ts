import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leastIdAt } from '../../src/database/uuid-v7.js';
import { type Admin, newAdmin } from '../support/admins.js';
import { fill } from '../support/fill.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';

/** Enough for PostgreSQL to prefer an index; of a hundred, one is an administrator and one is deactivated. */
const ROWS = 20_000;

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const ENGINES = [
  {
    engine: 'SQLite',
    settings: async () => ({}),
    explain: 'EXPLAIN QUERY PLAN',
    wrong: /SCAN (?!account_names VIRTUAL|sessions USING INDEX)|TEMP B-TREE/,
  },
  {
    engine: 'PostgreSQL',
    settings: () => postgres.createDatabase('plans'),
    explain: 'EXPLAIN',
    // It may sort the few rows that several conditions leave.
    wrong: /Seq Scan/,
  },
];

const id = (n: number): string => leastIdAt(new Date(n));
const cursor = (...values: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url');
const from = encodeURIComponent(new Date(1_000_000).toISOString());
const to = encodeURIComponent(new Date(1_600_000_000_000).toISOString());

const SESSION = '00000000-0000-4000-8000-000000000000';

/** Every list, from its beginning and from the middle. */
const LISTS = [
  'users?',
  `users?cursor=${cursor(ROWS / 2)}`,
  ...['status=active', 'status=deactivated', 'is_admin=true', 'is_admin=false'].flatMap((filter) => [
    `users?${filter}`,
    `users?${filter}&cursor=${cursor(ROWS / 2)}`,
    `users?query=user1&${filter}`,
  ]),
  ...['active', 'deactivated'].flatMap((status) =>
    [true, false].flatMap((isAdmin) => [
      `users?status=${status}&is_admin=${isAdmin}`,
      `users?status=${status}&is_admin=${isAdmin}&query=u`,
    ]),
  ),
  'users?query=u',
  'users?query=user1999',
  'users?query=1999',
  'users?query=nobody',
  'users?query=%40example.com',
  'users?query=user1999&status=deactivated',
  `users?query=999&cursor=${cursor(ROWS / 2)}`,
  `users?query=u&cursor=${cursor('user15', 'username_key')}`,
  `users?query=u&cursor=${cursor('user15', 'email_key')}`,
  `users?query=u&status=deactivated&cursor=${cursor('user15', 'email_key')}`,
  ...['', 'account=7', 'actor=7', 'kind=signed_in', 'kind=key_revoked'].flatMap((filter) =>
    ['', `&from=${from}`, `&to=${to}`, `&from=${from}&to=${to}`, `&cursor=${cursor(id(ROWS / 2))}`].map(
      (bounds) => `audit?${filter}${bounds}`,
    ),
  ),
  ...[
    'refusal=password_wrong',
    'address=192.0.2.7',
    'contract=basic',
    'client=svc_777777777777777777777777',
    'address=x@example.com',
  ].flatMap((filter) => [
    `audit?${filter}`,
    `audit?${filter}&from=${from}`,
    `audit?${filter}&cursor=${cursor(id(ROWS / 2))}`,
  ]),
  ...['', 'contract=cookie', 'contract=basic'].flatMap((filter) =>
    ['', `&from=${from}`, `&to=${to}`, `&from=${from}&to=${to}`, `&cursor=${cursor(ROWS / 2, SESSION)}`].map(
      (bounds) => `sessions?${filter}${bounds}`,
    ),
  ),
  'audit?account=7&actor=7',
  'audit?account=7&kind=key_revoked',
  'audit?actor=7&kind=signed_in',
  `audit?account=7&actor=7&kind=signed_in&from=${from}&to=${to}`,
];

describe.each(ENGINES)('Lists for operators on $engine', ({ engine, settings, explain, wrong }) => {
  let service: Service;
  let admin: Admin;
  const sent: { statement: string; parameters: unknown[] }[] = [];

  beforeAll(async () => {
    service = await startService(await settings());
    const store = service.app.get(DataSource);
    await fill(service, ...rowsIn(engine));
    admin = await newAdmin(service);
    if (engine === 'PostgreSQL') await fill(service, 'VACUUM ANALYZE');
    Object.assign(store.logger, {
      logQuery: (statement: string, parameters: unknown[]) => void sent.push({ statement, parameters }),
    });
  }, 300_000);
  afterAll(() => service.stop());

  it.each(LISTS)('find GET /admin/%s by an index, in the order of its pages', async (path) => {
    sent.length = 0;
    const { status } = await admin.get(`/admin/${path}`);
    const lists = sent.filter(({ statement }) => /^SELECT (id, (username|at|contract)|found)[^]*LIMIT/.test(statement));
    expect(status).toBe(200);
    expect(lists.length).toBeGreaterThan(0);
    for (const { statement, parameters } of lists) {
      const plan = JSON.stringify(await service.app.get(DataSource).query(`${explain} ${statement}`, parameters));
      expect(plan).not.toMatch(wrong);
      expect(plan).toMatch(/INDEX|PRIMARY KEY|Index/);
    }
  });
});

const NUMBERS = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})`;

/** The statements that make the rows. */
function rowsIn(engine: string): string[] {
  const isPostgres = engine === 'PostgreSQL';
  const uuid = isPostgres ? '::uuid' : '';
  const hex = isPostgres ? `lpad(to_hex(i), 12, '0')` : `printf('%012x', i)`;
  return [
    `INSERT INTO users (username, username_key, email, email_key, password_hash, is_admin, status, pin_failures,
       security_epoch, created_at, updated_at)
     ${NUMBERS} SELECT 'user' || i, 'user' || i, 'user' || i || '@example.com',
       'user' || i || '@example.com', '!', i % 100 = 1, CASE WHEN i % 100 = 2 THEN 'deactivated' ELSE 'active' END, 0, 0,
       '2026-01-01', '2026-01-01' FROM n`,
    `INSERT INTO audit_events (id, at, kind, account_id, actor_id, door)
     ${NUMBERS} SELECT (substr(${hex}, 1, 8) || '-' || substr(${hex}, 9, 4) || '-7000-8000-000000000000')${uuid},
       '2026-01-01', CASE WHEN i % 1000 = 0 THEN 'key_revoked' ELSE 'signed_in' END, i % 50, i % 50, 'cookie' FROM n`,
    `INSERT INTO sessions (id, user_id, contract, security_epoch, generation, rotated_at, created_at, last_seen_at, expires_at)
     ${NUMBERS} SELECT ('00000000-0000-4000-8000-' || ${hex})${uuid}, 1 + i % 500,
       CASE WHEN i % 1000 = 0 THEN 'basic' ELSE 'cookie' END, 0, 0, '2026-01-01',
       ${isPostgres ? `to_timestamp(i)` : `datetime(i, 'unixepoch') || '.000'`}, '2026-01-01', '2100-01-01'
     FROM n`,
  ];
}
