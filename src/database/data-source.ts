import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { dataFolder } from '../config/data-folder.js';
import { type Config, ConfigError } from '../config/env.js';
import { adaptTimeColumns } from './column-types.js';
import { MIGRATIONS } from './migrations/index.js';

/** How long a statement waits for a lock that another process holds on the SQLite file, in milliseconds. */
const SQLITE_BUSY_MS = 1000;

/** How long a statement waits for a connection to PostgreSQL, in milliseconds. */
const POSTGRES_CONNECT_MS = 5000;

/** The key of the advisory lock under which instances that start together migrate one after the other. */
const MIGRATION_LOCK = 0x1a7c4;

type Entities = NonNullable<DataSourceOptions['entities']>;

/** The data source that a configuration describes, not opened yet. Creates `DATA_DIR` for the embedded database. */
export function createDataSource(config: Config, entities: Entities): DataSource {
  const options = { entities, migrations: MIGRATIONS, synchronize: false, logging: false as const };
  if (config.DATABASE_URL) {
    adaptTimeColumns('postgres');
    return new DataSource({
      ...options,
      type: 'postgres',
      url: config.DATABASE_URL,
      applicationName: 'latchkey',
      connectTimeoutMS: POSTGRES_CONNECT_MS,
    });
  }
  adaptTimeColumns('better-sqlite3');
  return new DataSource({
    ...options,
    type: 'better-sqlite3',
    database: join(dataFolder(config), 'latchkey.db'),
    timeout: SQLITE_BUSY_MS,
    enableWAL: true,
    prepareDatabase: (database: { pragma(text: string): unknown }) => {
      database.pragma(`synchronous = ${config.SQLITE_SYNCHRONOUS}`);
    },
  });
}

/** Brings the schema of an opened data source up to date; on PostgreSQL one instance at a time. */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type !== 'postgres') return void (await dataSource.runMigrations());
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    await dataSource.runMigrations();
  } finally {
    await lock.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
    await lock.release();
  }
}

/**
 * Demands that the schema of an opened data source is up to date, for a deployment that migrates by itself.
 * @throws {ConfigError} naming the migrations that were not run
 */
export async function demandMigrated(dataSource: DataSource): Promise<void> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations').catch(() => []);
  const run = new Set(rows.map(({ name }) => name));
  const missing = MIGRATIONS.map(({ name }) => name).filter((name) => !run.has(name));
  if (missing.length === 0) return;
  throw new ConfigError(
    `MIGRATE=off is not allowed yet: run the migrations ${missing.join(', ')} first (npm run migration:run).`,
  );
}
