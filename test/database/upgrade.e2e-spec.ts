import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, parseEnvironment } from '../../src/config/env.js';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { createDataSource } from '../../src/database/data-source.js';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { ENTITIES } from '../../src/entities.js';
import { SigningKey } from '../../src/tokens/signing-key.entity.js';
import { basic } from '../drivers/basic.driver.js';
import type { Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, type Holder } from '../support/account.client.js';
import { bothEngines } from '../support/engines.js';
import { decode } from '../support/jwt.js';
import { type Environment, type Service, startService } from '../support/service.js';

/** The tables of the version before, and what their rows are told apart by. */
const TABLES = {
  users: 'id',
  sessions: 'id',
  signing_keys: 'kid',
  one_time_tokens: 'id',
  password_costs: 'cost',
} as const;

type Rows = Readonly<Record<string, readonly object[]>>;

async function rowsOf(store: DataSource): Promise<Rows> {
  const entries = Object.entries(TABLES).map(async ([table, key]) => {
    return [table, await store.query<object[]>(`SELECT * FROM ${table} ORDER BY ${key}`)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The tables with their columns and indices, as the engine tells them. */
async function schemaOf(store: DataSource): Promise<string[]> {
  const statements =
    store.options.type === 'postgres'
      ? [
          `SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) AS part FROM information_schema.columns
           WHERE table_schema = 'public'`,
          `SELECT indexdef AS part FROM pg_indexes WHERE schemaname = 'public'`,
        ]
      : [
          `SELECT concat_ws(' ', m.name, c.name, c.type, c."notnull") AS part FROM sqlite_master m, pragma_table_info(m.name) c
           WHERE m.type = 'table'`,
          `SELECT sql AS part FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`,
        ];
  const found: string[] = [];
  for (const statement of statements)
    found.push(...(await store.query<{ part: string }[]>(statement)).map(({ part }) => part));
  return found.sort();
}

/** Makes an empty database one of an earlier version. Answers its schema. */
async function migratedUpTo(migrations: typeof MIGRATIONS, config: Config): Promise<string[]> {
  ServiceSecret.of(config);
  const { options } = await createDataSource(config, ENTITIES);
  const store = await new DataSource({ ...options, migrations }).initialize();
  await store.runMigrations();
  return schemaOf(store).finally(() => store.destroy());
}

describe.each(bothEngines('upgrade'))('A database of the version before, on $engine', ({ settings }) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-upgrade-'));
  const before = MIGRATIONS.slice(0, -1);
  const clients = DRIVERS.map((driver) => new AccountClient(() => service, driver));
  let env: Environment;
  let service: Service;
  let holders: Holder[];
  let kid: string;
  let current: Rows;
  let reverted: Rows;
  let schemaBefore: string[];
  let revertedSchema: string[];

  beforeAll(async () => {
    env = { PUBLIC_URL: 'http://latchkey.test', ...(await settings()), DATA_DIR: join(folder, 'data') };
    schemaBefore = await migratedUpTo(before, parseEnvironment(env));
    service = await startService(env);
    holders = [];
    for (const client of clients) holders.push(await client.newcomer());
    kid = String(decode(holders[0]?.token as string).header.kid);
    await service.stop();
    const store = await (await createDataSource(service.config, ENTITIES)).initialize();
    current = await rowsOf(store);
    await store.undoLastMigration();
    reverted = await rowsOf(store);
    revertedSchema = await schemaOf(store);
    await store.destroy();
    service = await startService(env);
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it('is what undoing the last migration leaves, with every row of its tables', async () => {
    expect(reverted.sessions?.length).toBeGreaterThanOrEqual(DRIVERS.length);
    expect(reverted.users).toHaveLength(DRIVERS.length);
    // Those of now may have more columns.
    expect(current).toMatchObject(reverted);
    expect(revertedSchema).toEqual(schemaBefore);
  });

  it('has the schema of this version once the service has started', async () => {
    const store = service.app.get(DataSource);
    const { upQueries } = await store.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('keeps its accounts and sessions', async () => {
    const { users, sessions } = await rowsOf(service.app.get(DataSource));
    expect(users).toEqual(current.users);
    expect(sessions).toEqual(current.sessions);
  });

  it('keeps its signing key, which has signed since it was made', async () => {
    const keys = await service.app.get(DataSource).getRepository(SigningKey).find();
    expect(keys.map((key) => key.kid)).toEqual([kid]);
    expect(keys[0]?.signsFrom).toEqual(keys[0]?.createdAt);
    expect(keys[0]?.revokedAt).toBeNull();
    expect(keys[0]?.tokenSeconds).toBeGreaterThanOrEqual(30 * 86_400);
  });

  it.each(DRIVERS.map((driver, index) => ({ name: driver.name, driver, index })))(
    'lets the tokens of $name go on, and people sign in',
    async ({ driver, index }) => {
      const holder = holders[index] as Holder;
      const client = clients[index] as AccountClient;
      const me = async ({ headers }: Holder): Promise<number> =>
        (await askAs(service, { headers }, 'GET', '/account')).status;
      expect(await me(holder)).toBe(200);
      const refresh: Request | undefined =
        driver === basic ? basic.guarded(basic.credential(holder.signedIn)) : driver.refresh?.(holder.signedIn);
      if (refresh) expect((await client.ask(refresh)).status).toBe(200);
      const again = await client.signIn(holder.person);
      expect([again.signedIn.status, await me(again)]).toEqual([200, 200]);
    },
  );
});
