import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile } from '../../config/data-folder.js';
import type { Config } from '../../config/env.js';
import { lock, serviceLockIn } from '../../database/data-folder-lock.js';
import { schemaGapAfter } from '../../database/data-source.js';
import { freeze, isFrozenFile, thaw } from '../../database/freeze.js';
import { CommandError } from '../command-error.js';

/** How long to wait for a statement of the service that runs, in milliseconds. */
const BUSY_MS = 5000;

/** The embedded database that is copied, while nobody else copies it. */
export class Source {
  private constructor(
    readonly file: string,
    private readonly database: Database.Database,
    private readonly copying: Database.Database,
    /** The lock of a service, if none runs here: then none starts either. */
    private readonly serving: Database.Database | undefined,
  ) {}

  /** @throws {CommandError} if somebody copies it already */
  static open(file: string, config: Config): Source {
    const folder = dirname(file);
    const copying = lock(join(folder, 'copy.lock'));
    if (!copying) throw new CommandError(`Another latchkey copy is at work on ${file}.`);
    const database = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
    // A freeze that a power cut takes back would let two databases be written.
    database.pragma('synchronous = FULL');
    const isServed = basename(file) === basename(databaseFile(config));
    return new Source(file, database, copying, isServed ? lock(serviceLockIn(folder)) : copying);
  }

  /** Whether a service may be running on it. */
  get isServed(): boolean {
    return this.serving === undefined;
  }

  get isFrozen(): boolean {
    return isFrozenFile(this.database);
  }

  /** @throws {CommandError} unless its schema is the one of this version */
  demandSameSchema(): void {
    const { isEmpty, missing, unknown } = schemaGapAfter(this.migrations());
    if (isEmpty) throw new CommandError(`${this.file} is no database of Latchkey.`);
    if (unknown.length > 0)
      throw new CommandError(
        `${this.file} is of a newer version, which has run ${unknown.join(', ')}. Use the command line of that version.`,
      );
    if (missing.length > 0)
      throw new CommandError(
        `${this.file} is of an older version: ${missing.join(', ')} was not run. Run this version of the service on it first.`,
      );
  }

  /** Refuses every write to tables from now on. */
  freeze(tables: readonly string[]): void {
    freeze(this.database, tables);
  }

  /** Takes writes again. */
  thaw(): void {
    thaw(this.database);
  }

  /** The rows of a table, one after the other. */
  rows(table: string, columns: readonly string[]): IterableIterator<Record<string, unknown>> {
    const statement = this.database.prepare(`SELECT ${columns.map((name) => `"${name}"`).join(', ')} FROM "${table}"`);
    return statement.iterate() as IterableIterator<Record<string, unknown>>;
  }

  count(table: string): number {
    return this.database.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0;
  }

  /** The highest id that a table ever gave, also to a row that is gone. */
  lastId(table: string): number {
    const statement = this.database.prepare<[string], number>('SELECT seq FROM sqlite_sequence WHERE name = ?');
    return statement.pluck().get(table) ?? 0;
  }

  close(): void {
    for (const opened of [this.database, this.serving, this.copying]) opened?.close();
  }

  private migrations(): string[] {
    const has = this.database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`);
    if (!has.get()) return [];
    return this.database.prepare<[], string>('SELECT name FROM migrations').pluck().all();
  }
}
