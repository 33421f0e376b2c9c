import 'reflect-metadata';
import { existsSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { databaseFile } from '../../config/data-folder.js';
import type { Config } from '../../config/env.js';
import { createDataSource } from '../../database/data-source.js';
import { ENTITIES } from '../../entities.js';

/**
 * The database, opened so that nothing can be written, or `undefined` if there is none yet.
 * @throws whatever the database or the network says, if it cannot be opened
 */
export async function openForReading(config: Config): Promise<DataSource | undefined> {
  if (!config.DATABASE_URL && !existsSync(databaseFile(config))) return undefined;
  const dataSource = await createDataSource(config, ENTITIES).initialize();
  // PostgreSQL has a pool, whose connections would each have to be told; only SELECT is said to it.
  if (!config.DATABASE_URL) await dataSource.query('PRAGMA query_only = ON');
  return dataSource;
}
