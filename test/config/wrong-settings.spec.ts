import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../src/config/env.js';
import { refusal } from '../support/refused-settings.js';

const SECRET = 'a service secret of forty bytes, at least';

describe('a wrong value is refused with its name, what was given and what is allowed', () => {
  const PORTS = 'a whole number from 0 to 65535';
  const COSTS = 'a whole number from 10 to 15';
  const WEB = 'empty, or a URL with the scheme http or https, without user, query and fragment';
  const ORIGINS = 'origins separated by commas, such as https://app.example.com';
  const DURATION = 'seconds, or a number with s, m, h or d, from 1 s to 3650d';
  const COOKIE_NAMES = "a cookie name of letters, digits, '_' or '-', without a prefix";
  const NETWORKS = 'IP addresses and networks separated by commas, such as 10.0.0.0/8';
  const QUOTA = 'a count and a span of time, such as 10/15m';
  const SENDERS = 'an address, with or without a name';

  it.each([
    ['HOST', 'http://localhost', 'a host name or an IP address'],
    ['HOST', 'local_host', 'a host name or an IP address'],
    ['HOST', '[::1]', 'a host name or an IP address'],
    ['HOST', '127.0.0.1:3000', 'a host name or an IP address'],
    ['HOST', ' 127.0.0.1', 'a host name or an IP address; no white space around it'],
    ['HOST', ' ', 'a host name or an IP address; no white space around it'],
    ['PORT', '65536', PORTS],
    ['PORT', '-1', PORTS],
    ['PORT', '0x10', PORTS],
    ['PORT', '1e3', PORTS],
    ['PORT', '3000.5', PORTS],
    ['PORT', 'NaN', PORTS],
    ['PORT', '３０００', PORTS],
    ['PORT', '3000\r', `${PORTS}; no white space around it`],
    ['PUBLIC_URL', 'example.com', WEB],
    ['PUBLIC_URL', 'ftp://example.com', WEB],
    ['PUBLIC_URL', 'https:example.com', WEB],
    ['PUBLIC_URL', 'https://', WEB],
    ['PUBLIC_URL', 'https://user:secret@example.com', WEB],
    ['PUBLIC_URL', 'https://example.com/?a=b', WEB],
    ['PUBLIC_URL', 'https://example.com/?', WEB],
    ['PUBLIC_URL', 'https://example.com/#top', WEB],
    ['PUBLIC_URL', 'https://exa mple.com', WEB],
    ['CORS_ORIGINS', '*', ORIGINS],
    ['CORS_ORIGINS', 'null', ORIGINS],
    ['CORS_ORIGINS', 'https://app.example.com/', ORIGINS],
    ['CORS_ORIGINS', 'https://*.example.com', ORIGINS],
    ['CORS_ORIGINS', 'https://a.example.com https://b.example.com', ORIGINS],
    ['CORS_ORIGINS', 'https://app.example.com,b.example.com', ORIGINS],
    ['CORS_ORIGINS', 'https://app.example.com:443', ORIGINS],
    ['CORS_ORIGINS', 'https://user@app.example.com', ORIGINS],
    ['CORS_ORIGINS', 'HTTPS://app.example.com', ORIGINS],
    ['CORS_ORIGINS', 'capacitor://localhost/', ORIGINS],
    ['CORS_ORIGINS', 'app://*', ORIGINS],
    ['CORS_ORIGINS', 'file://', ORIGINS],
    ['CORS_ORIGINS', 'file:///', ORIGINS],
    ['TRUST_PROXY', 'localhost', NETWORKS],
    ['TRUST_PROXY', '10.0.0.0/33', NETWORKS],
    ['TRUST_PROXY', '10.0.0.0/8/8', NETWORKS],
    ['TRUST_PROXY', '::1/129', NETWORKS],
    ['TRUST_PROXY', '10.0.0.0/', NETWORKS],
    ['TRUST_PROXY', '*', NETWORKS],
    ['REGISTER_CONTRACT', 'cookie', '(empty), bare-token, token-pair'],
    ['SIGN_IN_LIMIT', '10', QUOTA],
    ['SIGN_IN_LIMIT', '0/1h', QUOTA],
    ['SIGN_IN_LIMIT', '10/0', QUOTA],
    ['SIGN_IN_LIMIT', '-1/1h', QUOTA],
    ['SIGN_IN_LIMIT', '10/1w', QUOTA],
    ['SIGN_IN_LIMIT', '10 / 1h', QUOTA],
    ['KEY_PUBLISH_AHEAD', '19m', 'seconds, or a number with s, m, h or d, from 1200 s to 3650d'],
    ['SQLITE_SYNCHRONOUS', 'normal', 'NORMAL, FULL'],
    ['MIGRATE', 'true', 'on, off'],
    ['MIGRATE', 'constructor', 'on, off'],
    ['BCRYPT_COST', '9', COSTS],
    ['BCRYPT_COST', '16', COSTS],
    ['HASH_THREADS', '257', 'a whole number from 0 to 256'],
    ['HASH_QUEUE_LIMIT', '0', 'a whole number from 1 to 100000'],
    ['JWT_ALGORITHM', 'HS256', 'ES256, RS256'],
    ['JWT_ALGORITHM', 'none', 'ES256, RS256'],
    ['SESSION_MAX_AGE', '0', DURATION],
    ['SESSION_MAX_AGE', '3651d', DURATION],
    ['SESSION_MAX_AGE', '1.5h', DURATION],
    ['SESSION_MAX_AGE', '30 m', DURATION],
    ['SESSION_MAX_AGE', '30M', DURATION],
    ['SESSION_MAX_AGE', '2w', DURATION],
    ['SESSION_MAX_AGE', '-5s', DURATION],
    ['SESSION_MAX_AGE', '9'.repeat(400), DURATION],
    ['REFRESH_GRACE', 'off', 'seconds, or a number with s, m, h or d, from 0 s to 3650d'],
    ['COOKIE_NAME', '__Host-token', COOKIE_NAMES],
    ['COOKIE_NAME', 'a;b', COOKIE_NAMES],
    ['COOKIE_SECURE', 'yes', 'auto, true, false'],
    ['COOKIE_SAMESITE', 'Lax', 'lax, strict, none'],
    ['PENDING_ACCOUNT_DAYS', '7d', 'a whole number from 1 to 365'],
    ['MAIL_FROM', 'nobody', SENDERS],
    ['MAIL_FROM', 'Latchkey <a@b.example', SENDERS],
    ['MAIL_FROM', 'a@b.example\r\nBcc: c@d.example', SENDERS],
    ['LOG_LEVEL', 'verbose', 'trace, debug, info, warn, error, fatal, silent'],
  ])('%s=%s', (name, given, allowed) => {
    expect(refusal({ [name]: given })).toEqual(`${name}=${given} is not allowed. Allowed: ${allowed}.`.split('\n'));
  });

  it.each([
    ['LATCHKEY_SECRET', 'only thirty-one bytes, as it is', 'empty, or at least 32 bytes'],
    ['LATCHKEY_SECRET', `${SECRET}\n`, 'empty, or at least 32 bytes; no white space around it'],
    ['DATABASE_URL', 'mysql://user:pass@db/latchkey', 'empty, or a URL with the scheme postgres or postgresql'],
    ['DATABASE_URL', 'postgres:', 'empty, or a URL with the scheme postgres or postgresql'],
    ['DATABASE_URL', 'postgres://user:pass@db:port/latchkey', 'empty, or a URL with the scheme postgres or postgresql'],
    ['SMTP_URL', 'user:pass@mail.example.com', 'empty, or a URL with the scheme smtp or smtps'],
    ['SMTP_URL', 'smtp://', 'empty, or a URL with the scheme smtp or smtps'],
  ])('but never prints the value of the secret %s', (name, given, allowed) => {
    expect(refusal({ [name]: given })).toEqual([`${name}=(not shown) is not allowed. Allowed: ${allowed}.`]);
  });

  it('a key that would be published before the one before it signs', () => {
    expect(refusal({ KEY_ROTATION_DAYS: '1', KEY_PUBLISH_AHEAD: '1d' })).toEqual([
      'KEY_PUBLISH_AHEAD=86400 is not allowed. Allowed: less than KEY_ROTATION_DAYS.',
    ]);
  });

  it('and all of them together', () => {
    expect(refusal({ PORT: 'http', LATCHKEY_SECRET: 'short', LOG_LEVEL: 'loud', JWT_ALGORITHM: 'RS256' })).toEqual([
      `PORT=http is not allowed. Allowed: ${PORTS}.`,
      'LATCHKEY_SECRET=(not shown) is not allowed. Allowed: empty, or at least 32 bytes.',
      'LOG_LEVEL=loud is not allowed. Allowed: trace, debug, info, warn, error, fatal, silent.',
    ]);
  });
});

describe('settings that are right alone and wrong together are refused', () => {
  const DATABASE_URL = 'postgres://user:pass@db/latchkey';

  it('a database for several instances without their common secret and address', () => {
    expect(refusal({ DATABASE_URL })).toEqual([
      'LATCHKEY_SECRET= is not allowed. Allowed: the same secret for every instance, as DATABASE_URL is set; or give its file as LATCHKEY_SECRET_FILE.',
      'PUBLIC_URL= is not allowed. Allowed: the same URL for every instance, as DATABASE_URL is set.',
    ]);
  });

  it('a secret and a file with one', () => {
    expect(refusal({ LATCHKEY_SECRET: SECRET, LATCHKEY_SECRET_FILE: '/run/secrets/latchkey' })).toEqual([
      'LATCHKEY_SECRET_FILE=/run/secrets/latchkey is not allowed. Allowed: empty, as LATCHKEY_SECRET is set.',
    ]);
  });

  it('but not the same with the common secret in a file', () => {
    const environment = { DATABASE_URL, PUBLIC_URL: 'https://id.example.com', LATCHKEY_SECRET_FILE: './secret' };
    expect(parseEnvironment(environment)).toMatchObject(environment);
  });

  it('a port that the system chooses without an address', () => {
    expect(refusal({ PORT: '0' })).toEqual([
      'PUBLIC_URL= is not allowed. Allowed: the URL of the service, which cannot be told from PORT=0.',
    ]);
  });

  it.each<Record<string, string>>([{ METRICS_PORT: '3000' }, { METRICS_PORT: '4000', PORT: '4000' }])(
    'a port for metrics that the service has already: %o',
    (environment) => {
      expect(refusal(environment)).toEqual([
        `METRICS_PORT=${environment.METRICS_PORT} is not allowed. Allowed: another port than PORT, or 0.`,
      ]);
    },
  );

  it.each<Record<string, string>>([
    { COOKIE_SAMESITE: 'none' },
    { COOKIE_SAMESITE: 'none', PUBLIC_URL: 'http://id.example.com' },
    { COOKIE_SAMESITE: 'none', PUBLIC_URL: 'https://id.example.com', COOKIE_SECURE: 'false' },
  ])('a cookie for other sites that is not Secure: %o', (environment) => {
    expect(refusal(environment)).toEqual([
      'COOKIE_SAMESITE=none is not allowed. Allowed: lax or strict, unless the cookie is Secure (COOKIE_SECURE, PUBLIC_URL).',
    ]);
  });

  it.each<Record<string, string>>([
    { COOKIE_SAMESITE: 'none', PUBLIC_URL: 'HTTPS://id.example.com' },
    { COOKIE_SAMESITE: 'none', COOKIE_SECURE: 'true' },
  ])('but not one that is: %o', (environment) => {
    expect(parseEnvironment(environment).COOKIE_SAMESITE).toBe('none');
  });

  it.each<Record<string, string>>([
    { PUBLIC_URL: 'https://id.example.com' },
    { PUBLIC_URL: 'https://id.example.com', COOKIE_SAMESITE: 'lax' },
    { COOKIE_SECURE: 'true', COOKIE_SAMESITE: 'strict' },
    {},
  ])('a partitioned cookie that no browser would keep: %o', (environment) => {
    expect(refusal({ COOKIE_PARTITIONED: 'on', ...environment })).toEqual([
      'COOKIE_PARTITIONED=on is not allowed. Allowed: off, unless COOKIE_SAMESITE is none: browsers keep no other cookie for a page of another site.',
    ]);
  });

  it('and one that is not Secure', () => {
    expect(refusal({ COOKIE_PARTITIONED: 'on', COOKIE_SAMESITE: 'none' })).toEqual([
      'COOKIE_SAMESITE=none is not allowed. Allowed: lax or strict, unless the cookie is Secure (COOKIE_SECURE, PUBLIC_URL).',
    ]);
  });

  it('but not one for pages of other sites over https', () => {
    const environment = { COOKIE_PARTITIONED: 'on', COOKIE_SAMESITE: 'none', PUBLIC_URL: 'https://id.example.com' };
    expect(parseEnvironment(environment).COOKIE_PARTITIONED).toBe(true);
  });
});
