import { choice, duration, integer, text, toggle, url } from '../setting.js';

/** Where accounts are stored, and under which secret. */
export const STORE_SETTINGS = {
  DATA_DIR: text(
    { default: './data', about: 'The folder for the embedded database, the secret and the outbox.' },
    'a path',
    Boolean,
  ),
  DATABASE_URL: url(
    { default: '', about: 'A PostgreSQL database to use instead of the embedded SQLite file.', secret: true },
    'postgres',
    'postgresql',
  ),
  DATABASE_LISTEN_URL: url(
    {
      default: '',
      about:
        'PostgreSQL: the same database, past the pooler that DATABASE_URL leads to. Ended sessions are heard of there; without it, a pooler makes other instances notice within 2 seconds.',
      secret: true,
    },
    'postgres',
    'postgresql',
  ),
  DATABASE_POOL_SIZE: integer(
    { default: '10', about: 'PostgreSQL: how many connections an instance has at most, beside one for notifications.' },
    1,
    1000,
  ),
  DATABASE_CONNECT_TIMEOUT: duration(
    { default: '5s', about: 'PostgreSQL: how long to wait for a connection before a request is answered 503.' },
    1,
    60,
  ),
  DATABASE_STATEMENT_TIMEOUT: duration(
    { default: '5s', about: 'PostgreSQL: how long a statement may take before its request is answered 503.' },
    1,
    30,
  ),
  SQLITE_SYNCHRONOUS: choice(
    {
      default: 'NORMAL',
      about:
        'SQLite: FULL loses nothing in a power cut, NORMAL perhaps the last half minute, but no account, and is faster.',
    },
    'NORMAL',
    'FULL',
  ),
  MIGRATE: toggle({ default: 'on', about: 'Whether the database schema is brought up to date at start.' }),
  LATCHKEY_SECRET: text(
    {
      default: '',
      about:
        'The service secret, from which the keys for refresh tokens, PINs and stored signing keys come. Empty means one generated into DATA_DIR. Required with DATABASE_URL, unless LATCHKEY_SECRET_FILE is set.',
      secret: true,
    },
    'empty, or at least 32 bytes',
    (value) => value === '' || Buffer.byteLength(value) >= 32,
  ),
  LATCHKEY_SECRET_FILE: text(
    {
      default: '',
      about:
        'A file with the service secret as the generated one in DATA_DIR has it (base64url of at least 32 bytes), in place of LATCHKEY_SECRET.',
    },
    'empty, or a path',
  ),
} as const;
