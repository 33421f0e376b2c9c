import Database from 'better-sqlite3';
import { CommandError } from '../command-error.js';

/**
 * Checks the copy of a database, and leaves it as one file, which needs none of SQLite's beside it.
 * @throws {CommandError} if it is damaged, or no database of Latchkey
 */
export function checkCopy(file: string): void {
  const copy = new Database(file, { fileMustExist: true });
  try {
    copy.pragma('journal_mode = DELETE');
    const found = copy.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok')
      throw new CommandError(`The database is damaged, and was not backed up: ${String(found).replaceAll('\n', ' ')}`);
    if (!hasMigrations(copy)) throw new CommandError('The database is empty: the service has never run on it.');
  } finally {
    copy.close();
  }
}

function hasMigrations(database: Database.Database): boolean {
  const table = database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`);
  return table.get() !== undefined && database.prepare('SELECT 1 FROM migrations').get() !== undefined;
}
