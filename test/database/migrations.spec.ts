import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Config, ConfigError, parseEnvironment } from '../../src/config/env.js';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { createDataSource, migrate } from '../../src/database/data-source.js';
import { isStoreFailure } from '../../src/database/failures.js';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { ENTITIES } from '../../src/entities.js';
import { send } from '../support/http.js';
import { AT_FULL_SIZE } from '../support/needs.js';
import { newPerson } from '../support/people.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type Environment, type Service, startService } from '../support/service.js';

const TABLES = [
  'audit_events',
  'known_networks',
  'mails',
  'one_time_tokens',
  'password_costs',
  'rate_limits',
  'service_clients',
  'sessions',
  'signing_keys',
  'usage_days',
  'users',
];

let postgres: Postgres;
let folder: string;
let databases = 0;

beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);
afterAll(() => postgres.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function newDatabase(): Promise<Environment> {
  return { ...(await postgres.createDatabase(`migrations_${++databases}`)), PUBLIC_URL: 'http://latchkey.test' };
}

const ENGINES: { engine: string; settings: () => Promise<Environment> }[] = [
  { engine: 'SQLite', settings: async () => ({ DATA_DIR: join(folder, 'data') }) },
  { engine: 'PostgreSQL', settings: newDatabase },
];

async function open(config: Config): Promise<DataSource> {
  const dataSource = await (await createDataSource(config, ENTITIES)).initialize();
  onTestFinished(() => dataSource.destroy());
  return dataSource;
}

/** The tables of a database, but for what TypeORM, SQLite and its full-text index keep for themselves. */
async function tablesOf(dataSource: DataSource): Promise<string[]> {
  const statement =
    dataSource.options.type === 'postgres'
      ? `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`
      : `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
           AND name NOT LIKE 'account_names%'`;
  const rows = await dataSource.query<{ name: string }[]>(statement);
  return rows
    .map(({ name }) => name)
    .filter((name) => name !== 'migrations')
    .sort();
}

/** The statements that would make the schema that the entities describe out of the one there is. */
async function drift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** Leftovers that `tablesOf` does not tell of. */
async function leftovers(dataSource: DataSource): Promise<unknown[]> {
  return dataSource.options.type === 'postgres'
    ? dataSource.query(`SELECT relname FROM pg_class LEFT JOIN pg_index ON indexrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'migrations%'
          AND indrelid IS DISTINCT FROM to_regclass('migrations')`)
    : dataSource.query(`SELECT name FROM sqlite_master WHERE tbl_name NOT IN ('migrations', 'sqlite_sequence')`);
}

describe.each(ENGINES)('the migrations on $engine', ({ settings }) => {
  it('make the schema that the entities describe', async () => {
    const dataSource = await open(parseEnvironment(await settings()));
    expect(await drift(dataSource)).not.toEqual([]);
    await migrate(dataSource);
    expect(await tablesOf(dataSource)).toEqual(TABLES);
    expect(await drift(dataSource)).toEqual([]);
  });

  it('can be run twice, reverted to nothing, and run again', async () => {
    const dataSource = await open(parseEnvironment(await settings()));
    await migrate(dataSource);
    await migrate(dataSource);
    for (const _ of MIGRATIONS) await dataSource.undoLastMigration();
    expect(await leftovers(dataSource)).toEqual([]);
    await migrate(dataSource);
    expect(await tablesOf(dataSource)).toEqual(TABLES);
    expect(await drift(dataSource)).toEqual([]);
  });

  it('are run at the start of the service, which then works', async () => {
    const service = await started(await settings());
    const { username, password } = newPerson();
    const answer = await send('POST', `${service.url}/auth/register`, { body: { username, password } });
    expect(answer.status).toBe(200);
  });

  it('are not run at a start with MIGRATE=off, which is refused while some are missing', async () => {
    const env = await settings();
    const names = MIGRATIONS.map(({ name }) => name).join(', ');
    await expect(startService({ ...env, MIGRATE: 'off' })).rejects.toThrow(
      new ConfigError(`Pending migrations: ${names}. Run: latchkey migrate. Or unset MIGRATE.`),
    );
    expect(await leftovers(await open(parseEnvironment(env)))).toEqual([]);
  });

  it('are not asked for at a start with MIGRATE=off when they were run before', async () => {
    const env = await settings();
    ServiceSecret.of(parseEnvironment(env));
    await migrate(await open(parseEnvironment(env)));
    const service = await started({ ...env, MIGRATE: 'off' });
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(200);
  });
});

async function started(env: Environment): Promise<Service> {
  const service = await startService(env);
  onTestFinished(() => service.stop());
  return service;
}

describe('the migrations on PostgreSQL', () => {
  it('need one connection', async () => {
    const service = await started({ ...(await newDatabase()), DATABASE_POOL_SIZE: '1' });
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(200);
  });

  it('may take longer than the role of the service lets a statement take, and than the URL says', async () => {
    const env = await newDatabase();
    const url = `${env.DATABASE_URL}?statement_timeout=1000&query_timeout=1`;
    const [name = ''] = url.split('/').at(-1)!.split('?');
    await run(env, `ALTER DATABASE ${name} SET statement_timeout = '1s'`);
    const dataSource = await createDataSource(parseEnvironment({ ...env, DATABASE_URL: url }), ENTITIES);
    const timeouts: unknown[] = [];
    const Slow = class Slow1999999999999 {
      async up(runner: QueryRunner): Promise<void> {
        timeouts.push(await runner.query('SHOW statement_timeout'));
        await runner.query('SELECT pg_sleep(1.5)');
      }
      async down(): Promise<void> {}
    };
    Object.assign(dataSource.options, { migrations: [Slow] });
    expect(await migrate(dataSource)).toEqual(['Slow1999999999999']);
    expect(timeouts).toEqual([[{ statement_timeout: '0' }]]);
  });
});

describe('what DATABASE_URL says', () => {
  it('is no limit of statements', async () => {
    const env = await newDatabase();
    const url = `${env.DATABASE_URL}?statement_timeout=1&query_timeout=1`;
    const dataSource = await open(parseEnvironment({ ...env, DATABASE_URL: url, DATABASE_STATEMENT_TIMEOUT: '1s' }));
    // Nothing is set in the session, which a pooler may share out.
    expect(await dataSource.query('SHOW statement_timeout')).toEqual([{ statement_timeout: '0' }]);
    const slow = dataSource.query('SELECT pg_sleep(600)');
    await expect(slow).rejects.toThrow('Query read timeout');
    // The server does not go on with it.
    const running = async (): Promise<unknown[]> =>
      dataSource.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'`);
    await expect.poll(running).toEqual([]);
  });

  it('may name a socket that is not there: that is a store that fails', async () => {
    const env = await newDatabase();
    const url = 'postgres://nobody@localhost/nowhere?host=/nowhere';
    const opening = (await createDataSource(parseEnvironment({ ...env, DATABASE_URL: url }), ENTITIES)).initialize();
    expect(isStoreFailure(await opening.catch((error: unknown) => error))).toBe(true);
  });
});

async function run({ DATABASE_URL }: Environment, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: DATABASE_URL! });
  await client.connect();
  await client.query(statement);
  await client.end();
}

describe('two instances that start at once on PostgreSQL', () => {
  it('migrate once, and sign with one key', async () => {
    const env = await newDatabase();
    const services = await Promise.all([started(env), started(env), started(env)]);
    const dataSource = await open(parseEnvironment(env));
    const [{ migrations }] = await dataSource.query('SELECT count(*)::int AS migrations FROM migrations');
    const [{ keys }] = await dataSource.query('SELECT count(*)::int AS keys FROM signing_keys');
    expect({ migrations, keys }).toEqual({ migrations: MIGRATIONS.length, keys: 1 });
    const { username, password } = newPerson();
    const [first, ...others] = services as [Service, ...Service[]];
    const { json } = await send('POST', `${first.url}/auth/register`, { body: { username, password } });
    for (const { url } of others) {
      const headers = { authorization: (json as { authToken: string }).authToken };
      expect((await send('GET', `${url}/auth/refresh`, { headers })).status).toBe(200);
    }
  });
});

describe.each(ENGINES)('the command line on $engine', AT_FULL_SIZE, ({ engine, settings }) => {
  let store: Environment;
  beforeEach(async () => {
    store = { ...(await settings()), DATA_DIR: join(folder, 'data') };
  });

  /** Runs an npm script on the test's database. */
  function npm(script: string, ...given: string[]): Promise<{ code: number; output: string }> {
    const env = { ...process.env, ...store };
    return new Promise((resolve) => {
      execFile('npm', ['run', script, '--', ...given], { env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });
  }

  async function tables(): Promise<string[]> {
    const dataSource = await (await createDataSource(parseEnvironment(store), ENTITIES)).initialize();
    const names = await tablesOf(dataSource);
    await dataSource.destroy();
    return names;
  }

  it('runs, generates and reverts', { timeout: 120_000 }, async () => {
    expect(await npm('migration:run')).toMatchObject({
      code: 0,
      output: expect.stringContaining(MIGRATIONS[0]?.name ?? ''),
    });
    expect(await tables()).toEqual(TABLES);

    const target = join(folder, 'Next');
    const unchanged = await npm('migration:generate', target);
    expect(unchanged.output).toContain('No changes in database schema were found');
    expect(readdirSync(folder)).toEqual(engine === 'SQLite' ? ['data'] : []);

    for (const _ of MIGRATIONS) expect(await npm('migration:revert')).toMatchObject({ code: 0 });
    expect(await tables()).toEqual([]);

    expect(await npm('migration:generate', target)).toMatchObject({ code: 0 });
    const [file] = readdirSync(folder).filter((name) => name.endsWith('-Next.ts'));
    expect(readFileSync(join(folder, file ?? 'none'), 'utf8')).toMatch(/export class Next\d+ [^]*CREATE TABLE "users"/);
  });
});
