/**
 * What the service costs, for the model in docs/scaling.md: processor time of each act on both engines, what each asks of
 * PostgreSQL, what passwords cost, and what a million sessions take. It starts what it needs; build first.
 *
 * Processor time is read from the processes that spend it and divided by the number of acts, so that neither the client nor
 * another process on the machine is counted.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import bcrypt from 'bcryptjs';
import Database from 'better-sqlite3';
import pg from 'pg';
import { PostgresServer } from '../../test/support/postgres-server.js';
import { actsOf } from './acts.js';
import { ask, repeat } from './client.js';
import { commandLine, processorSeconds, residentMegabytes, type RunningService, startService } from './processes.js';

const MILLION = 1_000_000;
const REVOKED = 100_000;
const SHARED = {
  PUBLIC_URL: 'http://latchkey.test',
  LATCHKEY_SECRET: 'a service secret for the benchmark alone',
  LIMITS: 'on',
  REGISTRATION_LIMIT: '100000/1h',
};

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const server = await PostgresServer.start();
const database = `${server.url}/postgres`;
const lines: string[] = [];

function say(line: string): void {
  lines.push(line);
  process.stdout.write(`${line}\n`);
}

function row(...cells: (string | number)[]): void {
  say(`| ${cells.join(' | ')} |`);
}

const round = (figure: number, digits = 1): string => figure.toFixed(digits);

/** What PostgreSQL has done so far: statements (each is a transaction of its own) and rows written. */
async function work(client: pg.Client): Promise<{ statements: number; rows: number }> {
  // Connections report what they did within a second.
  await wait(1500);
  const { rows } = await client.query<{ statements: string; rows: string }>(
    `SELECT xact_commit AS statements, tup_inserted + tup_updated + tup_deleted AS rows
     FROM pg_stat_database WHERE datname = current_database()`,
  );
  return { statements: Number(rows[0]?.statements), rows: Number(rows[0]?.rows) };
}

async function clientOf(env: Readonly<Record<string, string>>): Promise<string> {
  const printed = await commandLine(
    folder,
    { ...SHARED, ...env },
    'client',
    'create',
    'bench',
    '--scope',
    'introspect',
  );
  return printed.map((line) => line.split(/\s+/)[1]).join(':');
}

async function measureActs(engine: string, env: Readonly<Record<string, string>>): Promise<void> {
  const service = await startService(folder, { ...SHARED, ...env });
  const acts = await actsOf(service.url, await clientOf(env));
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  for (const { name, times, once } of acts) {
    if (times > 1000) await repeat(times / 10, once);
    const idle = engine === 'PostgreSQL' ? await idleWork(client) : undefined;
    const before = { ...(await measure(service)), ...(await work(client)), at: performance.now() };
    await repeat(times, once);
    const spent = { ...(await measure(service)) };
    const after = { ...spent, ...(await work(client)), at: performance.now() };
    const ms = ((after.service - before.service) / times) * 1000;
    const databaseMs = ((after.database - before.database) / times) * 1000;
    const seconds = (after.at - before.at) / 1000;
    const per = (what: 'statements' | 'rows'): string =>
      idle ? round(Math.max(0, (after[what] - before[what] - idle[what] * seconds) / times), 2) : '';
    row(
      name,
      engine,
      round(ms, 3),
      Math.round(1000 / ms),
      idle ? round(databaseMs, 3) : '',
      per('statements'),
      per('rows'),
    );
  }
  say('');
  say(`Memory after that on ${engine}: ${round(residentMegabytes(service.pid), 0)} MB.`);
  await client.end();
  await service.stop();

  async function measure({ pid }: RunningService): Promise<{ service: number; database: number }> {
    return { service: processorSeconds(pid), database: processorSeconds(server.pid) };
  }
}

/** What PostgreSQL does in a second when nobody asks for anything. */
async function idleWork(client: pg.Client): Promise<{ statements: number; rows: number }> {
  const [before, at] = [await work(client), performance.now()];
  await wait(3000);
  const after = await work(client);
  const seconds = (performance.now() - at) / 1000;
  return { statements: (after.statements - before.statements) / seconds, rows: (after.rows - before.rows) / seconds };
}

function measurePasswords(): void {
  say('| bcrypt cost | ms of a core | sign-ins a second and core |');
  say('| --- | --- | --- |');
  for (const cost of [10, 11, 12, 13]) {
    const hash = bcrypt.hashSync('Secret1234', cost);
    bcrypt.compareSync('Secret1234', hash);
    const [times, before] = [Math.max(3, 40 >> (cost - 10)), process.cpuUsage().user];
    for (let time = 0; time < times; time++) bcrypt.compareSync('Secret1234', hash);
    const ms = (process.cpuUsage().user - before) / 1000 / times;
    row(cost, round(ms), round(1000 / ms));
  }
}

/** Fills an embedded database with a million live sessions, some of them revoked, and starts on it. */
async function measureSessions(): Promise<void> {
  const data = join(folder, 'million');
  const first = await startService(folder, { ...SHARED, DATA_DIR: data });
  await ask('POST', `${first.url}/opaque-token/register`, {}, { username: 'somebody', password: 'Secret1234' });
  const idle = residentMegabytes(first.pid);
  await first.stop();
  const file = join(data, 'latchkey.db');
  const before = statSync(file).size;
  const sqlite = new Database(file);
  sqlite.exec(`INSERT INTO sessions (id, user_id, contract, security_epoch, generation, rotated_at, created_at, last_seen_at,
      expires_at, revoked_at, revoked_because, ip, user_agent)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MILLION})
    SELECT printf('%08x-0000-4000-8000-%012x', i, i), 1, 'token-pair', 0, 0, t, t, t,
      strftime('%Y-%m-%d %H:%M:%f', 'now', '+20 days'), iif(i <= ${REVOKED}, t, NULL), iif(i <= ${REVOKED}, 'signed_out', NULL),
      '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
    FROM n, (SELECT strftime('%Y-%m-%d %H:%M:%f', 'now') AS t)`);
  sqlite.exec('VACUUM');
  sqlite.close();
  const service = await startService(folder, { ...SHARED, DATA_DIR: data });
  const megabytes = residentMegabytes(service.pid);
  await service.stop();
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query(`INSERT INTO sessions (id, user_id, contract, security_epoch, generation, rotated_at, created_at,
      last_seen_at, expires_at, ip, user_agent)
    SELECT gen_random_uuid(), 1, 'token-pair', 0, 0, now(), now(), now(), now() + interval '20 days', '192.0.2.1',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
    FROM generate_series(1, ${MILLION})`);
  const { rows } = await client.query<{ size: string }>(`SELECT pg_total_relation_size('sessions') AS size`);
  await client.end();
  row('start to first answer, empty', `${round(first.startMs, 0)} ms`);
  row(`start to first answer, a million sessions, ${REVOKED} of them revoked`, `${round(service.startMs, 0)} ms`);
  row('memory after the start, empty', `${round(idle, 0)} MB`);
  row(`memory after the start, ${REVOKED} revoked sessions`, `${round(megabytes, 0)} MB`);
  row('disk for a million sessions, SQLite', `${round((statSync(file).size - before) / 1e6, 0)} MB`);
  row('disk for a million sessions, PostgreSQL', `${round(Number(rows[0]?.size) / 1e6, 0)} MB`);
}

try {
  say(`# Capacity, ${new Date().toISOString().slice(0, 10)}\n`);
  say(`\`npm run bench:capacity\` on ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}.\n`);
  measurePasswords();
  say('');
  say('| act | engine | ms of a core | a second and core | ms of PostgreSQL’s core | statements | rows written |');
  say('| --- | --- | --- | --- | --- | --- | --- |');
  await measureActs('SQLite', { DATA_DIR: join(folder, 'data') });
  say('');
  say('| act | engine | ms of a core | a second and core | ms of PostgreSQL’s core | statements | rows written |');
  say('| --- | --- | --- | --- | --- | --- | --- |');
  await measureActs('PostgreSQL', { DATABASE_URL: database });
  say('');
  say('| what | figure |');
  say('| --- | --- |');
  await measureSessions();
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(`bench/results/capacity-${new Date().toISOString().slice(0, 10)}.md`, `${lines.join('\n')}\n`);
} finally {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}
