import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { freePort } from './ports.js';
import { type AtEnd, emptyFolder } from './process.js';

const PGBOUNCER = '/usr/sbin/pgbouncer';

/** The user `nobody`. PgBouncer refuses to run as root. */
const NOBODY = 65_534;

/** Why tests that start PgBouncer are left out here, or nothing if they are not. */
export const PGBOUNCER_MISSING = existsSync(PGBOUNCER) ? '' : 'PgBouncer is not installed here';

/** How many connections to the server PgBouncer shares out: fewer than the instances of a test would open. */
export const POOL_SIZE = 4;

/**
 * Starts a real PgBouncer in transaction mode, with its defaults, before the server of a database.
 * @returns the URL of the database through it
 */
export async function startPgBouncer(databaseUrl: string, atEnd: AtEnd = onTestFinished): Promise<string> {
  const server = new URL(databaseUrl);
  const folder = emptyFolder(atEnd);
  const port = await freePort();
  chmodSync(folder, 0o755);
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, configuration(server, port), { mode: 0o644 });
  chmodSync(file, 0o644);
  const child = spawn(PGBOUNCER, [file], process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  atEnd(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(() => {
    throw new Error(`PgBouncer ended: ${output}`);
  });
  ended.catch(() => undefined);
  await Promise.race([accepts(port), ended]);
  return `postgres://postgres@127.0.0.1:${port}${server.pathname}`;
}

function configuration({ hostname, port, username, password }: URL, listenPort: number): string {
  return `[databases]
* = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
`;
}

async function accepts(port: number): Promise<void> {
  const attempt = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  };
  await vi.waitFor(attempt, { timeout: 10_000 });
}
