import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latchkey, latchkeyProcess } from './cli/run.js';
import { emptyFolder, freePort, startProcess } from './support/process.js';
import { SHARED_SECRET } from './support/postgres-names.js';
import { PostgresServer } from './support/postgres-server.js';
import { ON_SQLITE, startService } from './support/service.js';

/** How long a start may take on a busy machine, in milliseconds. */
const LONGEST_MS = 60_000;

const AUTHORITY = resolve('test/support/tls/ca.pem');

/** A name that is refused without asking a name server, who may take his time: no label is longer than 63 characters. */
const NOWHERE = `${'x'.repeat(64)}.invalid`;

/** What a start that fails writes, beside its exit code. */
async function failure(folder: string, env: Record<string, string>): Promise<object> {
  const service = startProcess(folder, { PORT: await freePort(), ...env });
  const code = await service.ended;
  return { code, output: service.output, errors: service.errors() };
}

/** One line, and nothing else anywhere. */
const line = (text: string | RegExp): object => ({
  code: 1,
  output: [],
  errors: typeof text === 'string' ? `${text}\n` : (expect.stringMatching(text) as string),
});

/** The data folder of an earlier start. */
async function usedFolder(): Promise<string> {
  const folder = emptyFolder();
  const service = await startService({ ...ON_SQLITE, DATA_DIR: join(folder, 'data') });
  await service.stop();
  return folder;
}

describe('a start that fails says why in one line, and nothing else,', { timeout: LONGEST_MS }, () => {
  it('where a service runs on the data folder already', async () => {
    const folder = emptyFolder();
    const first = startProcess(folder, { PORT: await freePort() });
    await first.listening;
    expect(await failure(folder, {})).toEqual(line('DATA_DIR=./data is in use by another Latchkey.'));
  });

  it('where the store is not migrated and MIGRATE is off', async () => {
    expect(await failure(emptyFolder(), { MIGRATE: 'off' })).toEqual(
      line(/^Pending migrations: [\w, ]+\. Run: latchkey migrate\. Or unset MIGRATE\.\n$/),
    );
  });

  it('where a newer version has migrated the store, as latchkey migrate does', async () => {
    const folder = await usedFolder();
    const database = new Database(join(folder, 'data', 'latchkey.db'));
    database.exec(`INSERT INTO migrations (timestamp, name) VALUES (1999000000000, 'Later1999000000000')`);
    database.close();
    const said = 'The database is of a newer version, which has run Later1999000000000. Use that version.';
    for (const MIGRATE of ['on', 'off']) expect(await failure(folder, { MIGRATE })).toEqual(line(said));
    expect(await latchkey({ folder }, 'migrate')).toEqual({ code: 1, stdout: '', stderr: `${said}\n` });
  });

  it('where the port is taken', async () => {
    const first = startProcess(emptyFolder(), { PORT: await freePort() });
    await first.listening;
    const PORT = new URL(first.url).port;
    expect(await failure(emptyFolder(), { PORT })).toEqual(
      line(
        `HOST=127.0.0.1 with PORT=${PORT} is not allowed. Allowed: an address of this machine and a free port (EADDRINUSE).`,
      ),
    );
    expect(await failure(emptyFolder(), { METRICS_PORT: PORT })).toEqual(
      line(`METRICS_PORT=${PORT} is not allowed. Allowed: a free port of 127.0.0.1 (EADDRINUSE).`),
    );
  });

  it('where the embedded database is no database', async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'latchkey.db'), 'no database '.repeat(1000));
    const env = { LATCHKEY_SECRET: SHARED_SECRET };
    expect(await failure(folder, env)).toEqual(line('The database cannot be used: file is not a database'));
  });

  it('where the embedded database lacks what a table has', async () => {
    const folder = await usedFolder();
    const database = new Database(join(folder, 'data', 'latchkey.db'));
    database.exec('DROP TABLE signing_keys');
    database.close();
    expect(await failure(folder, {})).toEqual(line(/^The database cannot be used: [^\n]*signing_keys[^\n]*\n$/));
  });

  it('where the service secret is another', async () => {
    expect(await failure(await usedFolder(), { LATCHKEY_SECRET: SHARED_SECRET })).toEqual(
      line(/^Signing key [\w-]{43} will not unseal: [^\n]+\.\n$/),
    );
  });
});

describe('a start on PostgreSQL that fails says why in one line, and nothing else,', { timeout: LONGEST_MS }, () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start({ tls: true });
    const client = new pg.Client({ connectionString: `${server.url}/postgres` });
    await client.connect();
    await client.query(`CREATE ROLE reader LOGIN PASSWORD 'reader'`);
    await client.end();
  });
  afterAll(() => server.remove());

  const settings = (DATABASE_URL: string): Record<string, string> => ({
    DATABASE_URL,
    LATCHKEY_SECRET: SHARED_SECRET,
    PUBLIC_URL: 'http://localhost',
  });

  it.each([
    ['its certificate is of nobody known', '{url}/postgres?sslmode=verify-full', /self-signed|unable to (verify|get)/],
    ['its certificate is for another name', `{url}/postgres?sslmode=verify-full&sslrootcert=${AUTHORITY}`, /altnames/],
    ['the file of the authority is not there', '{url}/postgres?sslmode=verify-full&sslrootcert=/no.pem', /\/no\.pem/],
    ['the password is wrong', 'postgres://postgres:wrong@127.0.0.1:{port}/postgres', /password authentication failed/],
    ['the user is unknown', 'postgres://nobody:x@127.0.0.1:{port}/postgres', /password authentication failed/],
    ['the database is not there', '{url}/nowhere', /database "nowhere" does not exist/],
    ['nobody listens', 'postgres://a:b@127.0.0.1:1/x', /connect ECONNREFUSED 127\.0\.0\.1:1/],
    ['the host is not known', `postgres://a:b@${NOWHERE}/x`, new RegExp(`getaddrinfo \\w+ ${NOWHERE}`)],
    ['the user may not make tables', 'postgres://reader:reader@127.0.0.1:{port}/postgres', /permission denied/],
  ])('where %s', async (_why, url, reason) => {
    const env = settings(url.replace('{url}', server.url).replace('{port}', String(server.port)));
    const folder = emptyFolder();
    const ended = (await failure(folder, env)) as { errors: string };
    expect(ended).toEqual(line(/^The database [^\n]*cannot be used: [^\n]+\n$/));
    expect(ended.errors).toMatch(reason);
    if (!url.includes('sslmode=verify-full&')) return;
    const command = await latchkeyProcess({ folder, env }, 'client', 'list');
    expect(command).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The database [^\n]*\n$/) as string,
    });
  });
});
