import { choice, text, toggle, url } from '../setting.js';

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
        'The service secret, from which the keys for refresh tokens, PINs and stored signing keys come. Empty means one generated into DATA_DIR. Required with DATABASE_URL.',
      secret: true,
    },
    'empty, or at least 32 bytes',
    (value) => value === '' || Buffer.byteLength(value) >= 32,
  ),
} as const;
