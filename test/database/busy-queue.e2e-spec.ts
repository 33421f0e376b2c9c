import { join } from 'node:path';
import Database from 'better-sqlite3';
import { DataSource, QueryFailedError } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isBusy } from '../../src/database/busy-queue.js';
import { isStoreFailure } from '../../src/database/failures.js';
import { Sql } from '../../src/database/sql.js';
import { ON_SQLITE, type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';

let service: Service;
let sql: Sql;
let dataSource: DataSource;
/** Another connection to the file, as another process has. */
let other: Database.Database;

beforeAll(async () => {
  service = await startService(ON_SQLITE);
  sql = service.app.get(Sql);
  dataSource = service.app.get(DataSource);
  other = new Database(join(service.dataDir, 'latchkey.db'));
  other.exec('CREATE TABLE notes (id integer PRIMARY KEY AUTOINCREMENT, note integer)');
});
afterAll(async () => {
  other.close();
  await service.stop();
});
beforeEach(() => void other.exec('DELETE FROM notes'));
afterEach(() => {
  if (other.inTransaction) other.exec('ROLLBACK');
});

/** Two ways to a statement: the service's own, and that of its repositories. */
const WAYS = [
  (note: number) => sql.rows('INSERT INTO notes (note) VALUES (:note)', { note }),
  (note: number) => dataSource.query('INSERT INTO notes (note) VALUES (?)', [note]),
];

function write(note: number): Promise<unknown> {
  return WAYS[note % WAYS.length]!(note);
}

async function notes(): Promise<number[]> {
  return (await dataSource.query<{ note: number }[]>('SELECT note FROM notes ORDER BY id')).map(({ note }) => note);
}

describe.each(['IMMEDIATE', 'EXCLUSIVE'])('A statement while another process holds BEGIN %s', (kind) => {
  it('is read at once, and written in the order in which it was given when the lock goes', async () => {
    // However long a busy machine takes, it is not given up.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    other.exec(`BEGIN ${kind}`);
    const given = Array.from({ length: 20 }, (_, note) => note);
    const written = Promise.all(given.map(write));
    expect(await notes()).toEqual([]);
    expect(await sql.rows('SELECT count(*) AS count FROM notes')).toEqual([{ count: 0 }]);
    other.exec('COMMIT');
    await written;
    expect(await notes()).toEqual(given);
  });

  it('is given up after a second, as a store that fails, and the next ones count', async () => {
    other.exec(`BEGIN ${kind}`);
    const refused = await Promise.all([0, 1, 2, 3].map((note) => write(note).catch((error: unknown) => error)));
    for (const error of refused) {
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(isBusy(error)).toBe(true);
      expect(isStoreFailure(error)).toBe(true);
    }
    other.exec('COMMIT');
    await write(4);
    expect(await notes()).toEqual([4]);
  });
});

describe('Statements beyond a thousand that wait', () => {
  it('are given up at once, and those that wait are written', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    other.exec('BEGIN IMMEDIATE');
    const written = Promise.all(Array.from({ length: 1000 }, (_, note) => write(note)));
    const refused = await write(1000).catch((error: unknown) => error);
    expect(isBusy(refused)).toBe(true);
    other.exec('COMMIT');
    await written;
    expect(await notes()).toEqual(Array.from({ length: 1000 }, (_, note) => note));
  });
});

describe('A statement', () => {
  it('is tried once if nobody holds a lock, and if it fails for another reason', async () => {
    const statements = recordStatements(service);
    const wrong = 'INSERT INTO notes (id) VALUES (?)';
    await dataSource.query(wrong, [7]);
    await expect(dataSource.query(wrong, [7])).rejects.toThrow('UNIQUE');
    expect(statements.filter((statement) => statement === wrong)).toHaveLength(2);
  });

  it('does not wait for a lock on the thread that serves', async () => {
    expect(await dataSource.query('PRAGMA busy_timeout')).toEqual([{ timeout: 0 }]);
  });
});
