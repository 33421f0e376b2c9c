import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Config } from '../config/env.js';
import { adaptTimeColumns } from './column-types.js';
import { MIGRATIONS } from './migrations/index.js';

/** How long a statement waits for a lock that another process holds on the SQLite file, in milliseconds. */
const SQLITE_BUSY_MS = 1000;

/** The key of the advisory lock under which instances that start together migrate one after the other. */
const MIGRATION_LOCK = 0x1a7c4;

type Entities = NonNullable<DataSourceOptions['entities']>;

/** The data source that a configuration describes, not opened yet. Creates `DATA_DIR` for the embedded database. */
export function createDataSource(config: Config, entities: Entities): DataSource {
  const options = { entities, migrations: MIGRATIONS, synchronize: false, logging: false as const };
  if (config.DATABASE_URL) {
    adaptTimeColumns('postgres');
    return new DataSource({ ...options, type: 'postgres', url: config.DATABASE_URL, applicationName: 'latchkey' });
  }
  adaptTimeColumns('better-sqlite3');
  mkdirSync(config.DATA_DIR, { recursive: true, mode: 0o700 });
  return new DataSource({
    ...options,
    type: 'better-sqlite3',
    database: join(config.DATA_DIR, 'latchkey.db'),
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
