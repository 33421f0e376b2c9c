import { choice, duration, integer, text, toggle } from '../setting.js';

/** Keys, sessions and the tokens made from them. */
export const TOKEN_SETTINGS = {
  JWT_ALGORITHM: choice({ default: 'ES256', about: 'The signature algorithm of access tokens.' }, 'ES256', 'RS256'),
  KEY_ROTATION_DAYS: integer(
    { default: '30', about: 'Days for which a key signs access tokens before the next one takes over.' },
    1,
    3650,
  ),
  KEY_PUBLISH_AHEAD: duration(
    { default: '1h', about: 'How long a key is published before it signs; caches of the JWKS live 10 minutes.' },
    1200,
  ),
  SESSION_MAX_AGE: duration({
    default: '30d',
    about: 'The longest a session with JWTs lasts, however often it is refreshed.',
  }),
  SESSIONS_PER_ACCOUNT: integer(
    {
      default: '100',
      about: 'How many sessions an account may have; one more sign-in ends the one that was not used for longest.',
    },
    1,
    10_000,
  ),
  BARE_TOKEN_TTL: duration({ default: '7d', about: 'bare-token: the lifetime of an authToken.' }),
  ACCESS_TOKEN_TTL: duration({ default: '60m', about: 'token-pair: the lifetime of an access token.' }),
  REFRESH_TOKEN_TTL: duration({ default: '14d', about: 'token-pair: the lifetime of a refresh token.' }),
  REFRESH_ROTATION: toggle({ default: 'on', about: 'token-pair: whether a refresh answers a new refresh token.' }),
  REFRESH_GRACE: duration(
    {
      default: '10s',
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
  COOKIE_PARTITIONED: toggle({
    default: 'off',
    about:
      'cookie: whether browsers keep a cookie for each site that asks (CHIPS), as those demand that block third-party cookies; it needs COOKIE_SAMESITE=none.',
  }),
  COOKIE_TOKEN_IN_BODY: toggle({
    default: 'off',
    about: 'cookie: whether login and refresh answer the token in the body too, for clients that read it there.',
  }),
  REAUTH_WINDOW: duration({
    default: '10m',
    about: 'cookie: how long after a sign-in a set PIN may be changed without proving it.',
  }),
  OPAQUE_TOKEN_IDLE_TTL: duration({ default: '30d', about: 'opaque-token: how long an unused token lives.' }),
  BASIC_ACCESS_TTL: duration({ default: '15m', about: 'basic: the lifetime of an access token.' }),
  BASIC_REFRESH_TTL: duration({ default: '30d', about: 'basic: the lifetime of a refresh token.' }),
  CLIENT_TOKEN_TTL: duration({ default: '15m', about: 'The lifetime of the access tokens of service clients.' }),
} as const;
