import type { Principal } from '../../auth/door.js';
import { readJson } from '../../contract-kit/body.js';
import type { Contract } from '../../contract-kit/contract.js';
import { CookieErrorDto, type MeDto } from './cookie.dto.js';
import { COOKIE_ERRORS } from './cookie.errors.js';
import { readCookie } from './cookie.jar.js';

/** Contract 2: an HTTP-only cookie with a JWT in it, and a PIN. */
export const COOKIE = {
  name: 'cookie',
  signsInBy: 'username',
  passwordRule:
    'at least 6 characters, with an upper-case letter, a digit, and a character that is neither letter nor digit',
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
  cors: 'allowed origins only',
  tokenAnswers: { 'GET /protected/me': { me: whoIsIt } },
} satisfies Contract;

/** What its cookie's token says of whom it speaks for. */
export function whoIsIt({ accountId, claims }: Pick<Principal, 'accountId' | 'claims'>): MeDto {
  return { id: accountId, username: claims.username as string, is_admin: claims.is_admin as boolean };
}
