/**
 * better-auth as its users run it: node:http, better-sqlite3 with the durability of the service, e-mail and password with the
 * same password cost in the same native code. Plain JavaScript, so that types can be checked where it is not installed.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { hash, verify } from '@node-rs/bcrypt';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import Database from 'better-sqlite3';

const COST = 10;

const database = new Database(join(process.env.DATA_DIR, 'better-auth.db'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');

const auth = betterAuth({
  baseURL: process.env.PUBLIC_URL,
  secret: 'a secret for the benchmark alone, long enough',
  database,
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => hash(password, COST),
      verify: ({ password, hash: stored }) => verify(password, stored),
    },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  session: { cookieCache: { enabled: process.env.COOKIE_CACHE === 'on', maxAge: 3600 } },
});
await (await getMigrations(auth.options)).runMigrations();
createServer(toNodeHandler(auth)).listen(Number(process.env.PORT), '127.0.0.1');
