import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { databaseFile, secretFile } from '../../config/data-folder.js';
import { type Config, readEnvironment } from '../../config/env.js';
import { untilSignal } from '../broken-off.js';
import { CommandError } from '../command-error.js';
import { hasEmbeddedDatabase } from '../embedded-database.js';
import { print, remark } from '../output.js';
import { checkCopy } from './check-copy.js';
import { exists, isThere, NewFile } from './new-file.js';
import { copySnapshot } from './snapshot.js';

/** `latchkey backup`. @throws {CommandError} if the backup is refused or fails; then it left nothing behind */
export async function backupCommand(file: string): Promise<void> {
  if (file === '') throw new CommandError('A backup needs the name of a file.');
  const config = readEnvironment();
  demandDatabase(config, file);
  if (exists(file)) throw isThere(file);
  await untilSignal('backed up', (signal) => backUp(databaseFile(config), file, signal));
  print(`${file}: ${statSync(file).size} bytes, checked`);
  remark(
    `The backup does not contain the service secret and is useless without it. Keep ${secretPlace(config)} in another place.`,
  );
}

async function backUp(from: string, to: string, signal: AbortSignal): Promise<void> {
  const file = NewFile.draft(to);
  try {
    await copySnapshot(from, file.draft, signal);
    checkCopy(file.draft);
    file.publish();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`The backup failed, and left nothing behind: ${(error as Error).message}`, { cause: error });
  } finally {
    file.clear();
  }
}

function demandDatabase(config: Config, file: string): void {
  if (config.DATABASE_URL)
    throw new CommandError(
      `latchkey backup is for the embedded database. For PostgreSQL, run: pg_dump --format=custom --file=${file} "$DATABASE_URL"`,
    );
  if (!hasEmbeddedDatabase(config)) throw new CommandError(`There is no database at ${databaseFile(config)}.`);
}

function secretPlace(config: Config): string {
  if (config.LATCHKEY_SECRET) return 'the value of LATCHKEY_SECRET';
  return `a copy of ${resolve(config.LATCHKEY_SECRET_FILE || secretFile(config))}`;
}
