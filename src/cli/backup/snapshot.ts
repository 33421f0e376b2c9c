import Database from 'better-sqlite3';

/** How long to wait for a lock on the database, in milliseconds. */
const BUSY_MS = 5000;

/** Pages that are copied before signals are looked at: 4 MB of them. */
const PAGES_AT_ONCE = 1000;

/**
 * Copies a database as it is at one moment, while others write to it. SQLite begins a copy anew when somebody else commits in
 * the middle. Under an open read transaction it does not, since the copy reads what was there when that began.
 * @param to an empty place; after a failure, something may be there
 * @param signal breaks the copy off
 */
export async function copySnapshot(
  from: string,
  to: string,
  signal: Pick<AbortSignal, 'throwIfAborted'>,
): Promise<void> {
  const database = new Database(from, { fileMustExist: true, timeout: BUSY_MS });
  try {
    database.exec('BEGIN');
    database.prepare('SELECT 1 FROM sqlite_master').get();
    await database.backup(to, {
      progress: () => {
        signal.throwIfAborted();
        return PAGES_AT_ONCE;
      },
    });
  } finally {
    database.close();
  }
}
