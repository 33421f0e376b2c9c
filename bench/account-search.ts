/**
 * Measures `GET /admin/users?query=` with a million accounts on both engines: the built service, asked by one
 * administrator. `npm run bench:search`; the number of accounts may follow.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { send } from '../test/support/http.js';
import { PostgresServer } from '../test/support/postgres-server.js';
import { startService } from './processes.js';

const ACCOUNTS = Number(process.argv[2] ?? 1_000_000);
const TRIES = 30;
const BATCH = 10_000;

const FIRST_NAMES = 'anna boris chloe daniel elif farid greta hugo ines jonas kaito lena marek nadia olaf'.split(' ');
const LAST_NAMES = 'smith müller dubois garcia yilmaz novak rossi jensen tanaka okafor silva kowalski'.split(' ');
const HOSTS = 'example.com mail.example.org post.example.net school.example'.split(' ');

/** The queries, by who has what they look for. */
const QUERIES: Readonly<Record<string, string>> = {
  'what all have': 'example',
  'what a quarter has': '@example.com',
  'a first name': 'nna',
  'a last name beyond ASCII': 'üller',
  'a number in the middle': '.smith777',
  'one account': `${namesOf(ACCOUNTS - 1).username}@`,
  'punctuation that all have': '.example',
  nobody: 'xyzzy',
  'nobody, of common parts': 'annasmithexample',
  'a beginning of two characters': 'an',
};

/** The names of an account, in canonical form. */
function namesOf(id: number): { username: string; email: string } {
  const [first, last] = [FIRST_NAMES[id % FIRST_NAMES.length], LAST_NAMES[(id >> 4) % LAST_NAMES.length]];
  return { username: `${first}.${last}${id}`, email: `${first}.${last}${id}@${HOSTS[(id >> 8) % HOSTS.length]}` };
}

const COLUMNS = `id, username, username_key, email, email_key, password_hash, is_admin, status, email_verified_at, pin_failures,
  security_epoch, created_at, updated_at`;

function fillEmbedded(folder: string): void {
  const database = new Database(join(folder, 'latchkey.db'));
  database.pragma('synchronous = OFF');
  database.prepare('UPDATE users SET is_admin = 1').run();
  const insert = database.prepare(
    `INSERT INTO users (${COLUMNS}) SELECT :id, :username, :username, :email, :email, password_hash, 0, 'active', created_at, 0, 0,
       created_at, created_at FROM users WHERE id = 1`,
  );
  database.transaction(() => {
    for (let id = 2; id <= ACCOUNTS; id++) insert.run({ id, ...namesOf(id) });
  })();
  database.close();
}

async function fillPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('UPDATE users SET is_admin = true');
  for (let from = 2; from <= ACCOUNTS; from += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, ACCOUNTS - from + 1) }, (_, n) => from + n);
    const names = ids.map(namesOf);
    await client.query(
      `INSERT INTO users (${COLUMNS})
       SELECT new.id, new.username, new.username, new.email, new.email, one.password_hash, false, 'active', one.created_at, 0, 0,
         one.created_at, one.created_at
       FROM unnest($1::int[], $2::text[], $3::text[]) AS new (id, username, email), (SELECT * FROM users WHERE id = 1) AS one`,
      [ids, names.map(({ username }) => username), names.map(({ email }) => email)],
    );
  }
  await client.query('VACUUM ANALYZE users');
  await client.end();
}

async function measure(
  engine: string,
  settings: Record<string, string>,
  fill: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-search-'));
  const env = { LIMITS: 'off', DATA_DIR: folder, PUBLIC_URL: 'http://latchkey.test', ...settings };
  const credentials = { username: 'operator', password: randomBytes(12).toString('hex') };
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  try {
    const first = await startService(folder, env);
    await send('POST', `${url(first.port)}/token-pair/auth/register`, { body: credentials });
    await first.stop();
    const startedAt = performance.now();
    await fill(folder);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    process.stdout.write(`\n${engine}, ${ACCOUNTS} accounts, put in within ${seconds} s\n\n`);
    process.stdout.write(
      '| query | found on the first page | first, ms | median, ms | longest, ms |\n| --- | --- | --- | --- | --- |\n',
    );
    const service = await startService(folder, env);
    try {
      const { json } = await send('POST', `${url(service.port)}/token-pair/auth/token`, { body: credentials });
      const headers = { authorization: `Bearer ${(json as { access: string }).access}` };
      for (const [what, query] of Object.entries(QUERIES)) {
        const times: number[] = [];
        let found = 0;
        for (let tries = 0; tries < TRIES; tries++) {
          const askedAt = performance.now();
          const answer = await send('GET', `${url(service.port)}/admin/users?query=${encodeURIComponent(query)}`, {
            headers,
          });
          times.push(performance.now() - askedAt);
          if (answer.status !== 200) throw new Error(answer.text);
          found = (answer.json as { users: object[] }).users.length;
        }
        const [one = 0] = times;
        const sorted = times.toSorted((a, b) => a - b);
        const shown = [one, sorted[TRIES >> 1] ?? 0, sorted.at(-1) ?? 0].map((ms) => ms.toFixed(1)).join(' | ');
        process.stdout.write(`| ${what} (\`${query}\`) | ${found} | ${shown} |\n`);
      }
    } finally {
      await service.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await measure('SQLite', {}, fillEmbedded);
const server = await PostgresServer.start();
try {
  const DATABASE_URL = `${server.url}/postgres`;
  await measure('PostgreSQL', { DATABASE_URL, LATCHKEY_SECRET: randomBytes(32).toString('hex') }, () =>
    fillPostgres(DATABASE_URL),
  );
} finally {
  await server.remove();
}
