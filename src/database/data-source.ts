import type { ClientConfig } from 'pg';
import { DataSource, type DataSourceOptions, MigrationExecutor } from 'typeorm';
import { databaseFile, dataFolder } from '../config/data-folder.js';
import { type Config, ConfigError } from '../config/env.js';
import { isBusy } from './busy-queue.js';
import { adaptColumns } from './column-types.js';
import { EmbeddedRunner } from './embedded-runner.js';
import { isStoreFailure } from './failures.js';
import { MIGRATIONS } from './migrations/index.js';
import { postgresOptions } from './postgres-options.js';

/**
 * How long a command, or a service that starts, waits for a lock that another process holds on the SQLite file, in
 * milliseconds. It blocks its thread meanwhile.
 */
const SQLITE_BUSY_MS = 5000;

/**
 * The key of the advisory lock under which instances that start together migrate one after the other. It is not that of
 * version 0.1, whose lock a pooler may have kept.
 */
const MIGRATION_LOCK = 0x1a7c5;

type Entities = NonNullable<DataSourceOptions['entities']>;

const COMMON = { migrations: MIGRATIONS, synchronize: false, logging: false } as const;

/** The data source that a configuration describes, not opened yet. Creates `DATA_DIR` for the embedded database. */
export async function createDataSource(config: Config, entities: Entities): Promise<DataSource> {
  if (config.DATABASE_URL) {
    adaptColumns('postgres');
    // For the embedded database, they would cost every start 80 ms.
    const [{ default: pg }, { BoundedPool }] = await Promise.all([import('pg'), import('./bounded-pool.js')]);
    // Epochs are far below 2^53.
    pg.types.setTypeParser(pg.types.builtins.INT8, Number);
    const { connectionTimeoutMillis, ...extra } = postgresOptions(config);
    return new DataSource({
      ...COMMON,
      entities,
      type: 'postgres',
      url: config.DATABASE_URL,
      driver: { ...pg, Pool: BoundedPool },
      poolSize: config.DATABASE_POOL_SIZE,
      connectTimeoutMS: connectionTimeoutMillis,
      // The URL is read already, and once: what it says must not win over the limits.
      extra: { ...extra, connectionString: undefined },
    });
  }
  dataFolder(config);
  return dataSourceOf({
    ...sqliteOptions(config, entities),
    enableWAL: true,
    prepareDatabase: (database: { pragma(text: string): unknown }) => {
      database.pragma(`synchronous = ${config.SQLITE_SYNCHRONOUS}`);
    },
  });
}

/**
 * The embedded database, opened so that nothing is stored.
 * @param isReadonly whether even SQLite may not: then it neither makes files nor takes its own away at the end
 */
export function createDataSourceForReading(config: Config, entities: Entities, isReadonly: boolean): DataSource {
  return dataSourceOf({
    ...sqliteOptions(config, entities),
    readonly: isReadonly,
    fileMustExist: true,
    prepareDatabase: (database: { pragma(text: string): unknown }) => void database.pragma('query_only = ON'),
  });
}

/** A data source with such options, not opened yet. */
export function dataSourceOf(options: DataSourceOptions): DataSource {
  const dataSource = new DataSource(options);
  if (options.type === 'better-sqlite3') EmbeddedRunner.serve(dataSource);
  return dataSource;
}

/** The refusal of a start that found the embedded database locked for too long, in one line; any other error as it is. */
export function lockedOut(error: unknown, config: Config): unknown {
  if (!isBusy(error)) return error;
  return new ConfigError(
    `${databaseFile(config)} is locked by another process, and stayed so for ${SQLITE_BUSY_MS / 1000} s. Find it, for example with: fuser ${databaseFile(config)}`,
    { cause: error },
  );
}

/** Stops locks of other processes from blocking the thread. From now on, the BusyQueue waits for them. */
export async function stopBlocking(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type === 'better-sqlite3') await dataSource.query('PRAGMA busy_timeout = 0');
}

function sqliteOptions(config: Config, entities: Entities): Extract<DataSourceOptions, { type: 'better-sqlite3' }> {
  adaptColumns('better-sqlite3');
  return { ...COMMON, entities, type: 'better-sqlite3', database: databaseFile(config), timeout: SQLITE_BUSY_MS };
}

/**
 * Brings the schema of an opened data source up to date; on PostgreSQL one instance at a time. Answers the names of the
 * migrations that it ran.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  if (dataSource.options.type !== 'postgres') return namesOf(await dataSource.runMigrations());
  const own = await withoutTimeout(dataSource).initialize();
  return migrateInTurn(own).finally(() => own.destroy());
}

/** In one transaction, with which its settings and its lock end: a pooler in between may keep the session. */
async function migrateInTurn(dataSource: DataSource): Promise<string[]> {
  // oxlint-disable-next-line latchkey/single-statements -- on PostgreSQL, where each transaction has a connection
  return dataSource.transaction(async ({ queryRunner }) => {
    await queryRunner!.query('SET LOCAL statement_timeout = 0');
    await queryRunner!.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    return namesOf(await new MigrationExecutor(dataSource, queryRunner).executePendingMigrations());
  });
}

function namesOf(migrations: readonly { readonly name: string }[]): string[] {
  return migrations.map(({ name }) => name);
}

/** The same database, not opened yet, for statements that may take longer than those of requests. */
export function withoutTimeout({ options }: DataSource): DataSource {
  if (options.type !== 'postgres') return dataSourceOf(options);
  return new DataSource({ ...options, extra: { ...(options.extra as ClientConfig), query_timeout: undefined } });
}

/** How the schema of an opened data source differs from the one that this version has. */
export interface SchemaGap {
  /** Whether nothing was ever migrated. */
  readonly isEmpty: boolean;
  /** The migrations that were not run. */
  readonly missing: readonly string[];
  /** The migrations that were run and that this version does not know. */
  readonly unknown: readonly string[];
}

/** Compares the migrations that were run with those that there are; changes nothing. */
export async function schemaGap(dataSource: DataSource): Promise<SchemaGap> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations').catch(nothingIfNoTable);
  return schemaGapAfter(rows.map(({ name }) => name));
}

/** Compares the names of migrations that were run with those that there are. */
export function schemaGapAfter(run: readonly string[]): SchemaGap {
  const known = MIGRATIONS.map(({ name }) => name);
  return {
    isEmpty: run.length === 0,
    missing: known.filter((name) => !run.includes(name)),
    unknown: run.filter((name) => !known.includes(name)),
  };
}

function nothingIfNoTable(error: unknown): [] {
  if (isStoreFailure(error)) throw error;
  return [];
}

/** @throws {ConfigError} naming the migrations of a newer version that were run on an opened data source */
export async function demandNoNewer(dataSource: DataSource): Promise<void> {
  const { unknown } = await schemaGap(dataSource);
  if (unknown.length === 0) return;
  throw new ConfigError(`The database is of a newer version, which has run ${unknown.join(', ')}. Use that version.`);
}

/**
 * Demands that the schema of an opened data source is up to date, for a deployment that migrates by itself.
 * @throws {ConfigError} naming the migrations that were not run
 */
export async function demandMigrated(dataSource: DataSource): Promise<void> {
  const { missing } = await schemaGap(dataSource);
  if (missing.length === 0) return;
  throw new ConfigError(`Pending migrations: ${missing.join(', ')}. Run: latchkey migrate. Or unset MIGRATE.`);
}

/**
 * Demands that the schema of an opened data source is just the one that this version has, for the command line, which
 * works beside a service and must not change what that service knows.
 * @throws {ConfigError} naming the migrations that make the difference
 */
export async function demandSameSchema(dataSource: DataSource): Promise<void> {
  const { missing } = await schemaGap(dataSource);
  if (missing.length > 0)
    throw new ConfigError(
      `The database is of an older version: ${missing.join(', ')} was not run. Start this version of the service, or run: latchkey migrate`,
    );
  await demandNoNewer(dataSource);
}
