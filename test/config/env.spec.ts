import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, parseEnvironment, readEnvironment } from '../../src/config/env.js';
import { SETTINGS } from '../../src/config/settings.js';

const DEFAULTS = {
  HOST: '127.0.0.1',
  PORT: 3000,
  PUBLIC_URL: 'http://localhost:3000',
  CORS_ORIGINS: [],
  TRUST_PROXY: [],
  CONTRACT_STRICT: false,
  REGISTER_CONTRACT: '',
  DATA_DIR: './data',
  DATABASE_URL: '',
  DATABASE_LISTEN_URL: '',
  DATABASE_POOL_SIZE: 10,
  DATABASE_CONNECT_TIMEOUT: 5,
  DATABASE_STATEMENT_TIMEOUT: 5,
  SQLITE_SYNCHRONOUS: 'NORMAL',
  MIGRATE: true,
  LATCHKEY_SECRET: '',
  LATCHKEY_SECRET_FILE: '',
  BCRYPT_COST: 10,
  HASH_THREADS: 0,
  HASH_QUEUE_LIMIT: 256,
  LIMITS: true,
  SIGN_IN_LIMIT: { points: 10, seconds: 900 },
  SIGN_IN_LIMIT_NETWORK: { points: 50, seconds: 900 },
  SIGN_IN_LIMIT_IN_A_ROW: { points: 100, seconds: 30 * 86_400 },
  SIGN_IN_LIMIT_ACCOUNT: { points: 100, seconds: 3600 },
  SIGN_INS_PER_HOUR: { points: 300, seconds: 3600 },
  SIGN_INS_PER_DAY: { points: 1000, seconds: 86_400 },
  SIGN_INS_NETWORK: { points: 3000, seconds: 3600 },
  HASH_LIMIT: { points: 60, seconds: 900 },
  HASH_LIMIT_NETWORK: { points: 600, seconds: 900 },
  KNOWN_NETWORK_DAYS: 30,
  REGISTRATION_LIMIT: { points: 60, seconds: 3600 },
  MAIL_REQUEST_LIMIT: { points: 60, seconds: 3600 },
  CLIENT_LIMIT: { points: 60, seconds: 900 },
  JWT_ALGORITHM: 'ES256',
  KEY_ROTATION_DAYS: 30,
  KEY_PUBLISH_AHEAD: 3600,
  CLIENT_TOKEN_TTL: 900,
  SESSION_MAX_AGE: 30 * 86_400,
  SESSIONS_PER_ACCOUNT: 100,
  BARE_TOKEN_TTL: 7 * 86_400,
  ACCESS_TOKEN_TTL: 3600,
  REFRESH_TOKEN_TTL: 14 * 86_400,
  REFRESH_ROTATION: true,
  REFRESH_GRACE: 10,
  COOKIE_TOKEN_TTL: 3600,
  COOKIE_NAME: 'token',
  COOKIE_SECURE: 'auto',
  COOKIE_SAMESITE: 'lax',
  COOKIE_PARTITIONED: false,
  COOKIE_TOKEN_IN_BODY: false,
  REAUTH_WINDOW: 600,
  OPAQUE_TOKEN_IDLE_TTL: 30 * 86_400,
  BASIC_ACCESS_TTL: 900,
  BASIC_REFRESH_TTL: 30 * 86_400,
  EMAIL_VERIFICATION: true,
  PENDING_ACCOUNT_DAYS: 7,
  SMTP_URL: '',
  MAIL_FROM: 'Latchkey <no-reply@localhost>',
  MAIL_RETRY: 10,
  MAIL_QUIET: 300,
  AUDIT_RETENTION_DAYS: 365,
  METRICS_PORT: 9464,
  METRICS_HOST: '127.0.0.1',
  isMetricsPortSet: false,
  DOCS: true,
  OTEL_EXPORTER_OTLP_ENDPOINT: '',
  OTEL_SERVICE_NAME: 'latchkey',
  LOG_LEVEL: 'info',
};

describe('an empty environment', () => {
  it('means every default', () => {
    expect(parseEnvironment({})).toEqual(DEFAULTS);
  });

  it('is what settings that are set to nothing mean', () => {
    const nothing = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
    expect(parseEnvironment(nothing)).toEqual(DEFAULTS);
  });

  it('derives the public address from the port', () => {
    expect(parseEnvironment({ PORT: '8080' }).PUBLIC_URL).toBe('http://localhost:8080');
  });
});

const SECRET = 'a service secret of forty bytes, at least';

describe('a right value', () => {
  it.each([
    ['HOST', '::1', '::1'],
    ['HOST', '0.0.0.0', '0.0.0.0'],
    ['HOST', 'db-1.example.com', 'db-1.example.com'],
    ['PORT', '65535', 65_535],
    ['PUBLIC_URL', 'https://id.example.com', 'https://id.example.com'],
    ['PUBLIC_URL', 'https://id.example.com/', 'https://id.example.com'],
    ['PUBLIC_URL', 'https://example.com/login/', 'https://example.com/login'],
    ['PUBLIC_URL', 'HTTPS://ID.Example.com:443/', 'https://id.example.com'],
    ['PUBLIC_URL', 'http://[::1]:3000', 'http://[::1]:3000'],
    ['CORS_ORIGINS', 'https://app.example.com', ['https://app.example.com']],
    ['CORS_ORIGINS', 'capacitor://localhost,app://-', ['capacitor://localhost', 'app://-']],
    [
      'CORS_ORIGINS',
      'https://app.example.com, http://localhost:5173,',
      ['https://app.example.com', 'http://localhost:5173'],
    ],
    ['TRUST_PROXY', '10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
    ['REGISTER_CONTRACT', 'token-pair', 'token-pair'],
    ['SIGN_IN_LIMIT', '1/1d', { points: 1, seconds: 86_400 }],
    ['REGISTRATION_LIMIT', '999999999/30', { points: 999_999_999, seconds: 30 }],
    ['KEY_PUBLISH_AHEAD', '20m', 1200],
    ['LATCHKEY_SECRET', 'é'.repeat(16), 'é'.repeat(16)],
    ['BCRYPT_COST', '15', 15],
    ['MIGRATE', 'off', false],
    ['COOKIE_NAME', 'my_session-1', 'my_session-1'],
    ['SMTP_URL', 'smtps://user:pass@mail.example.com:465', 'smtps://user:pass@mail.example.com:465'],
    ['MAIL_FROM', 'no-reply@example.com', 'no-reply@example.com'],
    ['MAIL_FROM', 'Example Ltd. <no-reply@example.com>', 'Example Ltd. <no-reply@example.com>'],
    ['LOG_LEVEL', 'trace', 'trace'],
  ] as const)('of %s: %s', (name, given, value) => {
    expect(parseEnvironment({ [name]: given })[name]).toEqual(value);
  });

  it('of DATABASE_URL is kept as it was given', () => {
    const url = 'postgresql:///latchkey?host=/var/run/postgresql/';
    const config = parseEnvironment({
      DATABASE_URL: url,
      LATCHKEY_SECRET: SECRET,
      PUBLIC_URL: 'https://id.example.com',
    });
    expect(config.DATABASE_URL).toBe(url);
  });

  it.each([
    ['900', 900],
    ['900s', 900],
    ['15m', 900],
    ['1h', 3600],
    ['30d', 2_592_000],
    ['3650d', 315_360_000],
  ])('of a duration: %s', (given, seconds) => {
    expect(parseEnvironment({ SESSION_MAX_AGE: given }).SESSION_MAX_AGE).toBe(seconds);
  });

  it('of the grace time may be 0', () => {
    expect(parseEnvironment({ REFRESH_GRACE: '0' }).REFRESH_GRACE).toBe(0);
  });
});

describe('a .env file in the working folder', () => {
  const home = process.cwd();
  const known = new Set(Object.keys(process.env));
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-env-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    for (const name of Object.keys(process.env)) if (!known.has(name)) delete process.env[name];
    rmSync(folder, { recursive: true });
  });

  it('fills what the environment leaves open, and no more', () => {
    process.env.PORT = '4000';
    writeFileSync('.env', '\uFEFFACCESS_TOKEN_TTL=5m\nPORT=5000\n# COOKIE_NAME=other\nMAIL_FROM=Me <me@example.com>\n');
    const { PORT, COOKIE_NAME, ACCESS_TOKEN_TTL, MAIL_FROM } = readEnvironment();
    expect({ PORT, COOKIE_NAME, ACCESS_TOKEN_TTL, MAIL_FROM }).toEqual({
      PORT: 4000,
      COOKIE_NAME: 'token',
      ACCESS_TOKEN_TTL: 300,
      MAIL_FROM: 'Me <me@example.com>',
    });
  });

  it('may be absent', () => {
    expect(readEnvironment().PORT).toBe(3000);
  });

  it('is checked like the environment', () => {
    writeFileSync('.env', 'BCRYPT_COST=4\n');
    expect(() => readEnvironment()).toThrow(
      new ConfigError('BCRYPT_COST=4 is not allowed. Allowed: a whole number from 10 to 15.'),
    );
  });

  it('that cannot be read stops the start', () => {
    mkdirSync('.env');
    expect(() => readEnvironment()).toThrow(new ConfigError('The file .env cannot be read.'));
  });
});
