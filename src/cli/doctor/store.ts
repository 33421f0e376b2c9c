import 'reflect-metadata';
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { databaseFile } from '../../config/data-folder.js';
import type { Config } from '../../config/env.js';
import { createDataSource, createDataSourceForReading } from '../../database/data-source.js';
import { ENTITIES } from '../../entities.js';
import { hasEmbeddedDatabase } from '../embedded-database.js';

/** Where a SQLite file says how it is read, and what it says if by a write-ahead log (its file format, §1.3.3). */
const READ_VERSION_AT = 19;
const BY_LOG = 2;

/**
 * The database, opened so that nothing can be written, or `undefined` if there is none yet.
 * @throws whatever the database or the network says, if it cannot be opened
 */
export async function openForReading(config: Config): Promise<DataSource | undefined> {
  // PostgreSQL has a pool, whose connections would each have to be told; only SELECT is said to it.
  if (config.DATABASE_URL) return (await createDataSource(config, ENTITIES)).initialize();
  if (!hasEmbeddedDatabase(config, constants.R_OK)) return undefined;
  const file = databaseFile(config);
  // SQLite that may write would put the log of a killed service into the file at the end. SQLite that may not would
  // leave an empty log behind, where it had to make one.
  const isReadonly = existsSync(`${file}-wal`) || !isReadByLog(file);
  return createDataSourceForReading(config, ENTITIES, isReadonly).initialize();
}

function isReadByLog(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, READ_VERSION_AT);
    return byte[0] === BY_LOG;
  } finally {
    closeSync(file);
  }
}

/** What to do about an embedded database that cannot be read, by SQLite's code. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(EACCES|EPERM|EROFS)$/, 'run this as the user that runs the service'],
  [/^SQLITE_(NOTADB|CORRUPT)/, 'stop the service and put a backup back'],
  [
    /^SQLITE_(CANTOPEN|READONLY)/,
    'run this as the user that runs the service: SQLite needs files of its own beside it',
  ],
  [/^SQLITE_(BUSY|LOCKED)/, 'another process holds it: try again'],
];

/** What to do if the database cannot be opened or read. */
export function adviceFor(error: unknown, { DATABASE_URL }: Config): string {
  if (DATABASE_URL) return 'check DATABASE_URL, and the network in between';
  const code = String((error as NodeJS.ErrnoException).code);
  const known = ADVICE.find(([pattern]) => pattern.test(code));
  return known?.[1] ?? 'find out why before you touch it';
}
