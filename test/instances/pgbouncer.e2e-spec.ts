import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { latchkey, latchkeyProcess } from '../cli/run.js';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { figure, metricsOf } from '../support/exposition.js';
import { FrontEnds } from '../support/front-ends.js';
import { type InstanceOptions, type Instances, startInstances } from '../support/instances.js';
import { needing } from '../support/needs.js';
import { PGBOUNCER_MISSING, POOL_SIZE, startPgBouncer } from '../support/pgbouncer.js';
import { type Connection, type Postgres, startPostgres } from '../support/postgres.js';
import { emptyFolder } from '../support/process.js';
import type { Environment } from '../support/service.js';
import { whole } from '../support/whole.js';

/** How often three instances start again: what one leaves in the pool would hold up the next. */
const STARTS = sized({ small: 3, full: 7 });

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 180_000;

const ends: (() => void)[] = [];
let postgres: Postgres;
let settings: Environment;
let database: Connection;
let pooled: string;
let instances: Instances | undefined;

beforeAll(async () => {
  if (PGBOUNCER_MISSING) return;
  postgres = await startPostgres();
  settings = await postgres.createDatabase('pooled');
  database = await postgres.connect('pooled');
  pooled = await startPgBouncer(settings.DATABASE_URL!, (end) => ends.unshift(end));
});
afterEach(async () => {
  await instances?.stop();
  instances = undefined;
});
afterAll(async () => {
  for (const end of ends) end();
  await database?.end();
  await postgres?.stop();
});

async function start(...options: InstanceOptions[]): Promise<Instances> {
  instances = await startInstances(pooled, options);
  return instances;
}

/** What is set in each of the sessions that PgBouncer shares out. */
async function sessions(): Promise<unknown[]> {
  const clients = Array.from({ length: POOL_SIZE }, () => new pg.Client({ connectionString: pooled }));
  await Promise.all(clients.map((client) => client.connect()));
  // As many transactions at once have a session each.
  await Promise.all(clients.map((client) => client.query('BEGIN')));
  const found = await Promise.all(
    clients.map(async (client) => {
      const { rows } = await client.query(
        `SELECT current_setting('statement_timeout') AS timeout, current_setting('TimeZone') = reset_val AS zone,
           (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
           (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
           (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks
         FROM pg_settings WHERE name = 'TimeZone'`,
      );
      return rows[0] as unknown;
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
  return found;
}

const listens = async (instance: Instances['all'][number]): Promise<number> =>
  figure(await metricsOf(instance), 'latchkey_revocation_feed_listening');

describe('Behind PgBouncer in transaction mode', { timeout: HANGS_MS, ...needing(PGBOUNCER_MISSING) }, () => {
  it('three instances start at once, migrate once, and start again and again', async () => {
    for (let n = 0; n < STARTS; n++) {
      const started = await start({}, {}, {});
      await started.stop();
    }
    instances = undefined;
    const { rows } = await database.query('SELECT count(*) - count(DISTINCT name) AS twice FROM migrations');
    expect(rows.map(({ twice }) => Number(twice))).toEqual([0]);
  });

  it('every contract works, whichever instance is asked, and sessions end at all of them', async () => {
    const started = await start({}, {});
    const { all } = started;
    const they = new FrontEnds(() => started.next(), database);
    for (const driver of DRIVERS) {
      const person = await they.member();
      const opened = await they.open(driver, person);
      for (const { url } of all) expect(whole(await they.use(opened, url))).toEqual(driver.passed(person));
      await they.clear(person);
      const statuses = (): Promise<number[]> =>
        Promise.all(all.map(async ({ url }) => (await they.use(opened, url)).status));
      const refused = driver.refusals.deactivatedToken.status;
      await expect.poll(statuses, { timeout: 5000 }).toEqual([refused, refused]);
    }
  });

  it('nothing is left in a session', async () => {
    await start({}, {});
    expect(await sessions()).toEqual(
      Array.from({ length: POOL_SIZE }, () => ({ timeout: '0', zone: true, channels: 0, prepared: 0, locks: 0 })),
    );
  });

  it('a statement that takes too long costs 503, and is cancelled', async () => {
    const started = await start({ env: { DATABASE_STATEMENT_TIMEOUT: '1s' } });
    const they = new FrontEnds(() => started.next(), database);
    const person = await they.member();
    const waiting = async (): Promise<number> => {
      const { rows } = await database.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return Number(rows[0]?.count);
    };
    const other = await postgres.connect('pooled');
    onTestFinished(() => other.end());
    await other.query('BEGIN');
    await other.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    for (const driver of DRIVERS)
      expect(whole(await they.ask(driver, driver.signIn(person)))).toEqual(driver.refusals.storeFailing);
    // Those that nobody waits for do not go on: what remains are looks for revocations.
    await expect.poll(waiting).toBeLessThanOrEqual(1);
    await other.query('ROLLBACK');
    for (const driver of DRIVERS)
      expect(whole(await they.ask(driver, driver.signIn(person)))).toEqual(driver.signedIn(person));
  });

  it('an instance listens past it where DATABASE_LISTEN_URL leads, and says once that it cannot listen through it', async () => {
    const other = await postgres.createDatabase('another');
    const [poll, listen, through, elsewhere] = (
      await start(
        {},
        { env: { DATABASE_LISTEN_URL: settings.DATABASE_URL! } },
        { env: { DATABASE_LISTEN_URL: pooled } },
        { env: { DATABASE_LISTEN_URL: other.DATABASE_URL! } },
      )
    ).all as [Instances['all'][number], ...Instances['all'][number][]];
    await expect.poll(() => listens(listen!)).toBe(1);
    expect(await Promise.all([poll, through!, elsewhere!].map(listens))).toEqual([0, 0, 0]);
    const said = (instance: Instances['all'][number], text: string): number =>
      instance.output.filter((line) => line.includes(text)).length;
    await expect.poll(() => said(poll, 'DATABASE_URL leads to a pooler')).toBe(1);
    await expect.poll(() => said(through!, 'DATABASE_LISTEN_URL leads to a pooler')).toBe(1);
    await expect.poll(() => said(elsewhere!, 'DATABASE_LISTEN_URL is another database than DATABASE_URL.')).toBe(1);
    expect(said(listen!, 'pooler')).toBe(0);
    for (const { errors } of [poll, listen!, through!, elsewhere!]) expect(errors()).toBe('');
  });

  it('the command line works', async () => {
    const here = {
      folder: emptyFolder(),
      env: { ...settings, DATABASE_URL: pooled, PUBLIC_URL: 'http://latchkey.test' },
    };
    expect(await latchkeyProcess(here, 'migrate')).toMatchObject({ code: 0, stderr: '' });
    expect(await latchkeyProcess(here, 'client', 'create', 'test', '--scope', 'introspect')).toMatchObject({ code: 0 });
    expect(await latchkeyProcess(here, 'keys', 'rotate')).toMatchObject({ code: 0 });
    const other = (await postgres.createDatabase('other')).DATABASE_URL!;
    for (const [listenUrl, finding] of [
      ['', 'warn  database  DATABASE_URL leads to a pooler: '],
      [pooled, 'warn  database  DATABASE_LISTEN_URL leads to a pooler: '],
      [settings.DATABASE_URL!, 'ok    database  ended sessions are announced through DATABASE_LISTEN_URL\n'],
      [other, 'warn  database  ended sessions are not announced: DATABASE_LISTEN_URL is another database than '],
      [other.replace(/:\d+\//, ':1/'), 'warn  database  ended sessions are not announced: connect ECONNREFUSED '],
    ] as const) {
      const { stdout } = await latchkey({ ...here, env: { ...here.env, DATABASE_LISTEN_URL: listenUrl } }, 'doctor');
      expect(stdout).toMatch(/ok +database +the schema is up to date/);
      expect(stdout).toContain(finding);
    }
  });
});
