import type { DataSource, EntityManager } from 'typeorm';
import { Config } from '../../config/env.js';
import { createDataSource, migrate, schemaGap, withoutTimeout } from '../../database/data-source.js';
import { ENTITIES } from '../../entities.js';
import { CommandError } from '../command-error.js';
import { askForPassword } from '../password-prompt.js';
import { hasPassword, withPassword } from './places.js';

/** What PostgreSQL or its driver says where a password is missing or wrong. */
const PASSWORD_WANTED = /^28P01$|client password must be a string/;

/**
 * The database that is copied into, opened. Its password is asked for if the URL has none, none is known otherwise
 * (`PGPASSWORD`) and one is wanted.
 * @throws {CommandError} if it cannot be opened
 */
export async function openTarget(url: string, config: Config): Promise<DataSource> {
  const open = async (DATABASE_URL: string): Promise<DataSource> => {
    const dataSource = await createDataSource(Object.assign(new Config(config), { DATABASE_URL }), ENTITIES);
    return withoutTimeout(dataSource).initialize();
  };
  try {
    return await open(url);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (hasPassword(url) || !(PASSWORD_WANTED.test(code ?? '') || PASSWORD_WANTED.test(message))) throw refused(error);
  }
  return open(withPassword(url, await askForPassword('Password of the PostgreSQL database:'))).catch(
    (error: unknown) => {
      throw refused(error);
    },
  );
}

/**
 * Gives the database the schema of this version, if it is empty.
 * @throws {CommandError} if a newer version has migrated it, or it holds something
 */
export async function prepare(target: DataSource): Promise<void> {
  const { unknown } = await schemaGap(target);
  if (unknown.length > 0)
    throw new CommandError(
      `The database to copy into is not one of this version: it has run ${unknown.join(', ')}. Give an empty one.`,
    );
  // Before the migrations: what is in use is not touched.
  await demandEmpty(target.manager);
  await migrate(target);
}

/** @throws {CommandError} naming the tables that hold something */
export async function demandEmpty(target: EntityManager): Promise<void> {
  const filled: string[] = [];
  for (const table of tablesOf(target.dataSource)) {
    const [there] = await target.query<{ name: string | null }[]>('SELECT to_regclass($1) AS name', [`"${table}"`]);
    if (there?.name == null) continue;
    if ((await target.query<unknown[]>(`SELECT 1 FROM "${table}" LIMIT 1`)).length > 0) filled.push(table);
  }
  if (filled.length > 0)
    throw new CommandError(
      `The database to copy into is not empty: something is in ${filled.join(', ')}. If that is an earlier copy, it is complete. If a service made it, give an empty database: none may have started there yet.`,
    );
}

/** The names of the tables, in the order in which they are copied. */
export function tablesOf(target: DataSource): string[] {
  return ENTITIES.map((entity) => target.getMetadata(entity).tableName);
}

function refused(error: unknown): CommandError {
  const { message, code } = error as NodeJS.ErrnoException;
  return new CommandError(`The PostgreSQL database cannot be used: ${message || code}`, { cause: error });
}
