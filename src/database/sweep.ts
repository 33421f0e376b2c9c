import { setImmediate } from 'node:timers/promises';
import type { Sql, SqlValue } from './sql.js';

/** How many rows one statement removes at most: on SQLite a statement holds the thread that serves requests. */
const BATCH = 1000;

/** Which rows to remove, by an indexed column of theirs. */
interface Sweeping {
  readonly table: string;
  /** The key, or the columns of it. */
  readonly key: string;
  readonly time: string;
}

/** Removes rows whose time is before another, a batch of them. Answers whether there may be more. */
export async function sweepBefore(sql: Sql, { table, key, time }: Sweeping, before: SqlValue): Promise<boolean> {
  const old = `SELECT ${key} FROM ${table} WHERE ${time} < :before LIMIT ${BATCH}`;
  const removed = await sql.rows(`DELETE FROM ${table} WHERE (${key}) IN (${old}) RETURNING 1`, { before });
  await setImmediate();
  return removed.length === BATCH;
}
