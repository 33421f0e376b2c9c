import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { Config } from '../config/env.js';

/** Tells one database of one server from every other. */
const IDENTITY = `SELECT (SELECT system_identifier FROM pg_control_system())::text AS server, oid::text AS database
  FROM pg_database WHERE datname = current_database()`;

/** The setting that says where announcements are heard. */
export function listenSetting({ DATABASE_LISTEN_URL }: Config): 'DATABASE_URL' | 'DATABASE_LISTEN_URL' {
  return DATABASE_LISTEN_URL ? 'DATABASE_LISTEN_URL' : 'DATABASE_URL';
}

/**
 * Demands that a connection by `DATABASE_LISTEN_URL` leads to the database of `DATABASE_URL`: another knows of no revocation.
 * @param here runs a statement there
 * @throws {Error} if it does not
 */
export async function demandSameDatabase(
  client: pg.ClientBase,
  here: (statement: string) => Promise<readonly object[]>,
): Promise<void> {
  const [theirs] = (await client.query(IDENTITY)).rows as object[];
  const [ours] = await here(IDENTITY);
  if (!isDeepStrictEqual({ ...theirs }, { ...ours }))
    throw new Error('DATABASE_LISTEN_URL is another database than DATABASE_URL.');
}

/** True behind a pooler, which makes up the key by which its client cancels. A server's names the process that serves it. */
export async function isPooled(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid !== (client as unknown as { processID: number }).processID;
}
