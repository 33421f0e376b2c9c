import type Database from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { ConfigError } from '../config/env.js';

/** What the names of the triggers begin with that freeze a table. */
const PREFIX = 'frozen_';

/** What a frozen database says to whoever would write. */
const REFUSAL = 'the database was moved to PostgreSQL';

const FROZEN = `SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB '${PREFIX}*'`;

/**
 * Refuses every write to tables of an embedded database, from one moment on and for good, also to a service that runs on
 * it: at once, where a lock would hold the thread that serves requests (docs/decisions/0009).
 */
export function freeze(database: Database.Database, tables: readonly string[]): void {
  const statements = tables.flatMap((table) =>
    ['INSERT', 'UPDATE', 'DELETE'].map(
      (write) =>
        `CREATE TRIGGER IF NOT EXISTS ${PREFIX}${table}_${write.toLowerCase()} BEFORE ${write} ON ${table}
         BEGIN SELECT RAISE(ABORT, '${REFUSAL}'); END`,
    ),
  );
  inOneStep(database, statements);
}

/** Lets an embedded database take writes again. */
export function thaw(database: Database.Database): void {
  const triggers = database.prepare<[], { name: string }>(FROZEN).all();
  inOneStep(
    database,
    triggers.map(({ name }) => `DROP TRIGGER ${name}`),
  );
}

/** Whether a table of an embedded database is frozen. PostgreSQL never is. */
export async function isFrozen(dataSource: DataSource): Promise<boolean> {
  if (dataSource.options.type === 'postgres') return false;
  return (await dataSource.query<unknown[]>(FROZEN)).length > 0;
}

/** As `isFrozen`, of a database that no data source is made for. */
export function isFrozenFile(database: Database.Database): boolean {
  return database.prepare(FROZEN).get() !== undefined;
}

/** @throws {ConfigError} if the database is frozen, so that nobody could write */
export async function demandThawed(dataSource: DataSource): Promise<void> {
  if (!(await isFrozen(dataSource))) return;
  throw new ConfigError(
    `${String(dataSource.options.database)} takes no writes: latchkey copy moved it to PostgreSQL, or was broken off. Start the service with DATABASE_URL; or, if none has run there yet, go back with: latchkey copy --undo`,
  );
}

function inOneStep(database: Database.Database, statements: readonly string[]): void {
  // oxlint-disable-next-line latchkey/single-statements -- a command's connection of its own, on which nothing else runs
  database.transaction(() => statements.forEach((statement) => database.exec(statement))).immediate();
}
