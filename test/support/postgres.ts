import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, inject } from 'vitest';
import { SHARED_SECRET } from './postgres-names.js';
import { PostgresServer } from './postgres-server.js';
import type { Environment } from './service.js';

/** A connection to a database, beside those of the service. */
export interface Connection {
  query(statement: string, parameters?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

/** Databases of a test file's own on a real PostgreSQL server. */
export interface Postgres {
  /** Makes an empty database, and tells the settings of a service that stores in it. */
  createDatabase(name: string): Promise<Environment>;
  /** Connects to a database, behind the service's back. */
  connect(name: string): Promise<Connection>;
  /** Ends with the test file. */
  stop(): Promise<void>;
}

/** A server of a test file's own, which it may stop. */
export interface OwnPostgres extends Postgres {
  /** Stops it and keeps what is stored. */
  pause(): Promise<void>;
  /** Starts it again after a pause. */
  resume(): Promise<void>;
}

/** Databases on the server that all test files share. */
export async function startPostgres(): Promise<Postgres> {
  return { ...databasesAt(inject('postgresUrl')), stop: async () => {} };
}

/** A server of one's own. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const own = await PostgresServer.start();
  return {
    ...databasesAt(own.url),
    pause: () => own.server.stop(),
    resume: () => own.server.start(),
    stop: () => own.remove(),
  };
}

/** Names get an end that no other test file has. */
function databasesAt(server: string): Pick<Postgres, 'createDatabase' | 'connect'> {
  const end = randomBytes(4).toString('hex');
  const urlOf = (database: string): string => `${server}/${database}`;
  const connectTo = async (database: string): Promise<Connection> => {
    const client = new pg.Client({ connectionString: urlOf(database) });
    // A server that is stopped says so to every connection.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return {
    createDatabase: async (name) => {
      const connection = await connectTo('postgres');
      await connection.query(`CREATE DATABASE ${name}_${end}`);
      await connection.end();
      return {
        DATABASE_URL: urlOf(`${name}_${end}`),
        LATCHKEY_SECRET: SHARED_SECRET,
      };
    },
    connect: (name) => connectTo(`${name}_${end}`),
  };
}

/**
 * Waits until a statement of somebody else waits for a lock, of one of the given kinds (`pg_stat_activity.wait_event`). What is
 * written behind sign-ins every few seconds does not count.
 */
export async function waiting(connection: Connection, ...kinds: string[]): Promise<void> {
  const statement = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = ANY ($1)
      AND query NOT LIKE 'UPDATE users SET last_sign_in_at%'`;
  const look = async (): Promise<number> => {
    // Within a transaction PostgreSQL goes on to show the connections that there were at the first look.
    await connection.query('SELECT pg_stat_clear_snapshot()');
    return (await connection.query(statement, [kinds])).rows.length;
  };
  // A process may have to start first.
  await expect.poll(look, { timeout: 30_000 }).toBeGreaterThan(0);
}
