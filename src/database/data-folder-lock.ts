import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Database from 'better-sqlite3';
import { dataFolder } from '../config/data-folder.js';
import { type Config, ConfigError } from '../config/env.js';

/**
 * Keeps a second service out of a data folder. The lock is one of the operating system's on a file of its own, held
 * through SQLite, so that it ends with the process however that ends.
 */
@Injectable()
export class DataFolderLock implements OnApplicationShutdown {
  private constructor(private readonly file: Database.Database | undefined) {}

  /**
   * Takes the lock on `DATA_DIR`; with PostgreSQL there is nothing to lock.
   * @throws {ConfigError} if another service holds it
   */
  static take(config: Config): DataFolderLock {
    if (config.DATABASE_URL) return new DataFolderLock(undefined);
    const file = new Database(join(dataFolder(config), 'lock'), { timeout: 0 });
    try {
      file.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      file.close();
      if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
      throw new ConfigError(`DATA_DIR=${config.DATA_DIR} is in use by another Latchkey.`, { cause });
    }
    return new DataFolderLock(file);
  }

  onApplicationShutdown(): void {
    this.file?.close();
  }
}
