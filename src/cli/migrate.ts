import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { type Config, readEnvironment } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { DataFolderLock } from '../database/data-folder-lock.js';
import { createDataSource, demandNoNewer, migrate, schemaGap } from '../database/data-source.js';
import { demandThawed } from '../database/freeze.js';
import { ENTITIES } from '../entities.js';
import { hasEmbeddedDatabase } from './embedded-database.js';
import { print } from './output.js';

/** `latchkey migrate`. */
export async function migrateCommand(): Promise<void> {
  const run = await migrateStore(readEnvironment());
  if (run.length === 0) print('Nothing to do: the database is up to date.');
  for (const name of run) print(`ran ${name}`);
}

/** `latchkey migrate`'s work, where nothing was ever stored; a service that starts at the same time does the same. */
export async function migrateEmptyStore(config: Config): Promise<void> {
  if (config.MIGRATE && (await isEmpty(config))) await migrateStore(config);
}

/**
 * Brings the schema up to date, alone: under the lock of the data folder, or on PostgreSQL under an advisory lock.
 * Answers what was run.
 * @throws {ConfigError} if a service runs on the data folder, or the database was moved
 */
async function migrateStore(config: Config): Promise<string[]> {
  const lock = DataFolderLock.take(config);
  try {
    // The secret comes before the database, as at the start of the service.
    ServiceSecret.of(config);
    const dataSource = await (await createDataSource(config, ENTITIES)).initialize();
    return await migrateThawed(dataSource).finally(() => dataSource.destroy());
  } finally {
    lock.onApplicationShutdown();
  }
}

async function migrateThawed(dataSource: DataSource): Promise<string[]> {
  await demandThawed(dataSource);
  await demandNoNewer(dataSource);
  return migrate(dataSource);
}

async function isEmpty(config: Config): Promise<boolean> {
  if (!config.DATABASE_URL && !hasEmbeddedDatabase(config)) return true;
  const dataSource = await (await createDataSource(config, ENTITIES)).initialize();
  return (await schemaGap(dataSource).finally(() => dataSource.destroy())).isEmpty;
}
