import { setImmediate } from 'node:timers/promises';
import type { Sql } from './sql.js';

/** How many rows one statement removes at most: on SQLite a statement holds the thread that serves requests. */
const BATCH = 1000;

/** Removes rows that expired before a time, a batch of them. Answers whether there may be more. */
export async function sweepExpired(sql: Sql, table: 'sessions' | 'one_time_tokens', before: Date): Promise<boolean> {
  const expired = `SELECT id FROM ${table} WHERE expires_at < :before LIMIT ${BATCH}`;
  const removed = await sql.rows(`DELETE FROM ${table} WHERE id IN (${expired}) RETURNING id`, { before });
  await setImmediate();
  return removed.length === BATCH;
}
