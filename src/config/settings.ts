import { isIP } from 'node:net';
import { choice, duration, integer, origins, text, toggle, url, webAddress } from './setting.js';

const HOST_NAME = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;

/** `address`, or `name <address>`. */
const SENDER = /^([^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;

/** Every setting of the service, in the order in which `.env.example` lists them. */
export const SETTINGS = {
  HOST: text(
    { default: '127.0.0.1', about: 'The address to listen on.' },
    'a host name or an IP address',
    (value) => isIP(value) !== 0 || HOST_NAME.test(value),
  ),
  PORT: integer({ default: '3000', about: 'The port to listen on; 0 lets the system choose.' }, 0, 65_535),
  PUBLIC_URL: webAddress({
    default: '',
    about:
      'The address under which clients reach the service: issuer of all JWTs, start of all links. Empty means http://localhost:PORT. Changing it ends all JWTs. Required with DATABASE_URL.',
  }),
  CORS_ORIGINS: origins({
    default: '',
    about: 'The origins whose pages may use the cookie routes from another site.',
  }),
  REGISTER_CONTRACT: choice(
    { default: '', about: 'Whose POST /auth/register is at the bare path; empty lets the media type decide.' },
    '',
    'bare-token',
    'token-pair',
  ),

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
      about: 'SQLite: FULL loses nothing in a power cut, NORMAL perhaps the last moment, and is faster.',
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

  BCRYPT_COST: integer({ default: '10', about: 'The bcrypt cost of passwords; each step doubles the work.' }, 10, 15),
  HASH_THREADS: integer({ default: '0', about: 'Threads that hash passwords; 0 means one per core.' }, 0, 256),
  HASH_QUEUE_LIMIT: integer(
    { default: '256', about: 'How many hashes may wait before sign-ins are answered 503.' },
    1,
    100_000,
  ),

  JWT_ALGORITHM: choice({ default: 'ES256', about: 'The signature algorithm of access tokens.' }, 'ES256', 'RS256'),
  SESSION_MAX_AGE: duration({
    default: '30d',
    about: 'The longest a session with JWTs lasts, however often it is refreshed.',
  }),
  BARE_TOKEN_TTL: duration({ default: '7d', about: 'bare-token: the lifetime of an authToken.' }),
  ACCESS_TOKEN_TTL: duration({ default: '60m', about: 'token-pair: the lifetime of an access token.' }),
  REFRESH_TOKEN_TTL: duration({ default: '14d', about: 'token-pair: the lifetime of a refresh token.' }),
  REFRESH_ROTATION: toggle({ default: 'on', about: 'token-pair: whether a refresh answers a new refresh token.' }),
  REFRESH_GRACE: duration(
    {
      default: '30s',
      about: 'token-pair: how long after a rotation the token before still answers its successor; 0 switches it off.',
    },
    0,
  ),
  COOKIE_TOKEN_TTL: duration({ default: '1h', about: 'cookie: the lifetime of the cookie and its token.' }),
  COOKIE_NAME: text(
    { default: 'token', about: 'cookie: the name of the cookie; over https it gets the prefix __Host-.' },
    "a cookie name of letters, digits, '_' or '-', without a prefix",
    (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value) && !value.startsWith('__'),
  ),
  COOKIE_SECURE: choice(
    { default: 'auto', about: 'cookie: whether the cookie is Secure; auto follows the scheme of PUBLIC_URL.' },
    'auto',
    'true',
    'false',
  ),
  COOKIE_SAMESITE: choice(
    { default: 'lax', about: 'cookie: none serves a front end on another site; it needs a Secure cookie.' },
    'lax',
    'strict',
    'none',
  ),
  REAUTH_WINDOW: duration({
    default: '10m',
    about: 'cookie: how long after a sign-in a set PIN may be changed without proving it.',
  }),
  OPAQUE_TOKEN_IDLE_TTL: duration({ default: '30d', about: 'opaque-token: how long an unused token lives.' }),
  BASIC_ACCESS_TTL: duration({ default: '15m', about: 'basic: the lifetime of an access token.' }),
  BASIC_REFRESH_TTL: duration({ default: '30d', about: 'basic: the lifetime of a refresh token.' }),

  EMAIL_VERIFICATION: toggle({
    default: 'on',
    about: 'Whether an account made by e-mail must verify the address before use.',
  }),
  PENDING_ACCOUNT_DAYS: integer(
    { default: '7', about: 'Days after which an account that was never verified is removed.' },
    1,
    365,
  ),
  SMTP_URL: url(
    {
      default: '',
      about: 'The mail server; empty writes mails to DATA_DIR/outbox and their links to the log.',
      secret: true,
    },
    'smtp',
    'smtps',
  ),
  MAIL_FROM: text(
    { default: 'Latchkey <no-reply@localhost>', about: 'The sender of mails.' },
    'an address, with or without a name',
    (value) => SENDER.test(value),
  ),
  MAIL_RETRY: duration({
    default: '10s',
    about: 'How long to wait before a failed mail is tried again; each further wait is twice as long.',
  }),

  LOG_LEVEL: choice(
    { default: 'info', about: 'How much is logged; no level logs a secret.' },
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ),
} as const;
