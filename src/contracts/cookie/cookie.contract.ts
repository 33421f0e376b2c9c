import { readJson } from '../../contract-kit/body.js';
import type { Contract } from '../../contract-kit/contract.js';
import { CookieErrorDto } from './cookie.dto.js';
import { COOKIE_ERRORS } from './cookie.errors.js';
import { readCookie } from './cookie.jar.js';

/** Contract 2: an HTTP-only cookie with a JWT in it, and a PIN. */
export const COOKIE = {
  name: 'cookie',
  signsInBy: 'username',
  sessionLifetime: (config) => config.SESSION_MAX_AGE,
  accessToken: {
    lifetime: (config) => config.COOKIE_TOKEN_TTL,
    claims: ({ username, isAdmin }) => ({ username, is_admin: isAdmin }),
    read: readCookie,
  },
  bare: { paths: [], prefixes: ['/users/', '/protected/'] },
  readFields: readJson,
  errors: COOKIE_ERRORS,
  errorDtos: () => [CookieErrorDto],
  cors: 'allowed origins with credentials',
} satisfies Contract;
