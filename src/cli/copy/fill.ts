import type { DataSource, EntityManager, EntityMetadata } from 'typeorm';
import { ON_COMMAND_LINE } from '../../audit/audit-entry.js';
import { AuditEvent } from '../../audit/audit-event.entity.js';
import { UuidV7 } from '../../database/uuid-v7.js';
import { ENTITIES } from '../../entities.js';
import { CommandError } from '../command-error.js';
import { batchesOf } from './batches.js';
import type { Source } from './source.js';
import { demandEmpty, tablesOf } from './target.js';

/** How long to wait for somebody else's transaction on the empty tables, in milliseconds. */
const LOCK_MS = 10_000;

/** How many rows a table had. */
export type Copied = { readonly table: string; readonly rows: number };

/** A commit whose answer never came: what was copied may be there or not. */
export class CommitInDoubt extends CommandError {
  constructor(cause: unknown) {
    super(
      'PostgreSQL failed as the copy was committed, and nobody knows whether it was. Run latchkey copy again: it copies anew, or says that the database there is not empty, and then the copy is complete. Until then, the embedded database stays frozen.',
      { cause },
    );
  }
}

/**
 * Copies a frozen database into an empty one, all of it or nothing.
 * @throws {CommandError} if something is there already, or the two differ at the end
 * @throws {CommitInDoubt} if nobody knows whether it was committed
 */
export async function fill(target: DataSource, source: Source, signal: AbortSignal): Promise<Copied[]> {
  const runner = target.createQueryRunner();
  try {
    // oxlint-disable-next-line latchkey/single-statements -- a command on PostgreSQL, where each transaction has a connection
    await runner.startTransaction();
    const copied = await copyAll(runner.manager, source, signal).catch(async (error: unknown) => {
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    });
    await runner.commitTransaction().catch((error: unknown) => {
      throw new CommitInDoubt(error);
    });
    return copied;
  } finally {
    // After the commit, nothing may look like a failure.
    await runner.release().catch(() => undefined);
  }
}

async function copyAll(into: EntityManager, source: Source, signal: AbortSignal): Promise<Copied[]> {
  // Somebody's transaction there must not keep the frozen service waiting for long.
  await into.query('SET LOCAL statement_timeout = 0');
  await into.query(`SET LOCAL lock_timeout = '${LOCK_MS}ms'`);
  // A service that starts there meanwhile waits before it makes a key of its own, and then finds ours.
  await into.query(`LOCK TABLE ${tablesOf(into.dataSource).join(', ')} IN EXCLUSIVE MODE`);
  await demandEmpty(into);
  // SQLite's times are in UTC, and do not say so.
  await into.query(`SET LOCAL TIME ZONE 'UTC'`);
  const copied: Copied[] = [];
  for (const entity of ENTITIES)
    copied.push(await copyTable(into, source, into.dataSource.getMetadata(entity), signal));
  await record(into, copied);
  return copied;
}

async function copyTable(
  into: EntityManager,
  source: Source,
  entity: EntityMetadata,
  signal: AbortSignal,
): Promise<Copied> {
  const { tableName: table } = entity;
  const names = entity.columns.map(({ databaseName }) => databaseName);
  const columns = names.map((name) => `"${name}"`).join(', ');
  for (const { json } of batchesOf(table, source.rows(table, names))) {
    signal.throwIfAborted();
    await into.query(
      `INSERT INTO "${table}" (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::"${table}", $1)`,
      [json],
    );
  }
  await demandSameCount(into, source, table);
  await pushSequences(into, entity, source.lastId(table));
  return { table, rows: source.count(table) };
}

async function demandSameCount(into: EntityManager, source: Source, table: string): Promise<void> {
  const [there] = await into.query<{ rows: string }[]>(`SELECT count(*) AS rows FROM "${table}"`);
  if (Number(there?.rows) !== source.count(table))
    throw new CommandError(`${table} has ${source.count(table)} rows, of which ${there?.rows} were copied.`);
}

/** The ids of rows that are gone are never given again. */
async function pushSequences(into: EntityManager, entity: EntityMetadata, last: number): Promise<void> {
  const { tableName: table, generatedColumns } = entity;
  for (const { databaseName: column } of generatedColumns)
    await into.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), nullif(greatest($3::int, (SELECT max("${column}") FROM "${table}")), 0))`,
      [`"${table}"`, column, last],
    );
}

async function record(into: EntityManager, copied: readonly Copied[]): Promise<void> {
  const at = new Date();
  const rows = Object.fromEntries(copied.map(({ table, rows: count }) => [table, count]));
  await into.insert(AuditEvent, {
    id: new UuidV7().next(at.getTime()),
    at,
    kind: 'database_copied',
    actor: ON_COMMAND_LINE.actor,
    door: ON_COMMAND_LINE.door,
    detail: JSON.stringify({ rows }),
  });
}
