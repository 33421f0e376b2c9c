import type { DataSource } from 'typeorm';
import type { Config } from '../../config/env.js';
import { schemaGap } from '../../database/data-source.js';
import { isFrozen } from '../../database/freeze.js';
import { fail, type Finding, ok, warn } from './finding.js';

/** The oldest PostgreSQL that the service is for, as `server_version_num` counts. */
const LEAST_POSTGRES = 150_000;

/** What to do about a database that `latchkey copy` froze. */
const MOVED = 'start the service with DATABASE_URL; or, if none has run there yet, go back with: latchkey copy --undo';

/** Whether the database is sound, and of this version. */
export async function checkDatabase(store: DataSource, config: Config): Promise<Finding[]> {
  const engine = config.DATABASE_URL ? checkPostgres : checkSqlite;
  return [await engine(store), await checkSchema(store, config)];
}

async function checkSqlite(store: DataSource): Promise<Finding> {
  const rows = await store.query<{ quick_check: string }[]>('PRAGMA quick_check(1)');
  const answer = rows[0]?.quick_check;
  if (answer === 'ok' && (await isFrozen(store))) return fail('database', 'it takes no writes: it was moved', MOVED);
  return answer === 'ok'
    ? ok('database', 'SQLite finds the file whole')
    : fail('database', `SQLite finds the file damaged: ${answer}`, 'stop the service and put a backup back');
}

async function checkPostgres(store: DataSource): Promise<Finding> {
  const [row] = await store.query<{ version: string; number: string }[]>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number`,
  );
  const found = `PostgreSQL ${row?.version} answers`;
  return Number(row?.number) >= LEAST_POSTGRES
    ? ok('database', found)
    : fail('database', found, 'the service is made for PostgreSQL 15 and later: upgrade it');
}

async function checkSchema(store: DataSource, { MIGRATE }: Config): Promise<Finding> {
  const { missing, unknown } = await schemaGap(store);
  if (unknown.length > 0)
    return fail(
      'database',
      `a newer version has migrated it: ${unknown.join(', ')}`,
      'run that version, or put back the backup from before',
    );
  if (missing.length === 0) return ok('database', 'the schema is up to date');
  const found = `these migrations were not run: ${missing.join(', ')}`;
  return MIGRATE
    ? warn('database', found, 'the next start runs them; or run: latchkey migrate')
    : fail('database', found, 'run: latchkey migrate');
}
