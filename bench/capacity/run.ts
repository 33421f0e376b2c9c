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
import { type Act, actsOf } from './acts.js';
import { ask, repeat } from '../client.js';
import { commandLine, processorSeconds, residentMegabytes, type RunningServer, startService } from '../processes.js';
import { StatementCounter } from '../statements.js';

const MILLION = 1_000_000;
const REVOKED = 100_000;

/** How long batches may wait before they are written, in milliseconds. */
const BATCHES_MS = 6000;

const SHARED = {
  PUBLIC_URL: 'http://latchkey.test',
  LATCHKEY_SECRET: 'a service secret for the benchmark alone',
  LIMITS: 'on',
  REGISTRATION_LIMIT: '100000/1h',
};

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const server = await PostgresServer.start();
const database = `${server.url}/postgres`;
const counter = await StatementCounter.before(server.port);
const lines: string[] = [];

function say(line: string): void {
  lines.push(line);
  process.stdout.write(`${line}\n`);
}

function row(...cells: (string | number)[]): void {
  say(`| ${cells.join(' | ')} |`);
}

const round = (figure: number, digits = 1): string => figure.toFixed(digits);

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
  try {
    for (const act of await actsOf(service.url, await clientOf(env))) await measureAct(engine, service, act);
    say('');
    say(`Memory after that on ${engine}: ${round(residentMegabytes(service.pid), 0)} MB.`);
  } finally {
    await service.stop();
  }
}

async function measureAct(engine: string, { pid }: RunningServer, { name, times, once }: Act): Promise<void> {
  const spent = (): { service: number; database: number } => ({
    service: processorSeconds(pid),
    database: processorSeconds(server.pid),
  });
  if (times > 1000) await repeat(times / 10, once);
  const [before, statements, writes] = [spent(), counter.statements, counter.writes];
  await repeat(times, once);
  // What is written in batches comes a moment later, and belongs to it.
  const after = counter.statements - statements;
  const written = counter.writes - writes;
  await wait(BATCHES_MS);
  const { service, database } = spent();
  const ms = ((service - before.service) / times) * 1000;
  const ofDatabase = [
    round(((database - before.database) / times) * 1000, 3),
    round(after / times, 1),
    round(written / times, 1),
  ];
  row(name, round(ms, 3), Math.round(1000 / ms), ...(engine === 'PostgreSQL' ? ofDatabase : ['', '', '']));
}

function sayActs(engine: string): void {
  say('');
  say(
    `| act on ${engine} | ms of a core | a second and core | ms of PostgreSQL’s core | statements | of them writes |`,
  );
  say('| --- | --- | --- | --- | --- | --- |');
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
  sayActs('SQLite');
  await measureActs('SQLite', { DATA_DIR: join(folder, 'data') });
  sayActs('PostgreSQL');
  await measureActs('PostgreSQL', { DATABASE_URL: database.replace(`:${server.port}/`, `:${counter.port}/`) });
  say('');
  say('| what | figure |');
  say('| --- | --- |');
  await measureSessions();
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(`bench/results/capacity-${new Date().toISOString().slice(0, 10)}.md`, `${lines.join('\n')}\n`);
} finally {
  counter.stop();
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}
