import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Database from 'better-sqlite3';
import { dataFolder } from '../config/data-folder.js';
import { type Config, ConfigError } from '../config/env.js';

/** The file on which the service that runs on a data folder holds its lock. */
export function serviceLockIn(folder: string): string {
  return join(folder, 'lock');
}

/**
 * Locks a file that is there for nothing else, and makes it; `undefined` if somebody holds it already. The lock is one
 * of the operating system's, held through SQLite, so that it ends with the process however that ends.
 */
export function lock(path: string): Database.Database | undefined {
  const file = new Database(path, { timeout: 0 });
  try {
    return file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    return undefined;
  }
}

/** Keeps a second service out of a data folder. */
@Injectable()
export class DataFolderLock implements OnApplicationShutdown {
  private constructor(private readonly file: Database.Database | undefined) {}

  /**
   * Takes the lock on `DATA_DIR`; with PostgreSQL there is nothing to lock.
   * @throws {ConfigError} if another service holds it
   */
  static take(config: Config): DataFolderLock {
    if (config.DATABASE_URL) return new DataFolderLock(undefined);
    const file = lock(serviceLockIn(dataFolder(config)));
    if (!file) throw new ConfigError(`DATA_DIR=${config.DATA_DIR} is in use by another Latchkey.`);
    return new DataFolderLock(file);
  }

  onApplicationShutdown(): void {
    this.file?.close();
  }
}
