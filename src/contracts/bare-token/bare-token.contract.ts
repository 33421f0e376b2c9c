import type { Presented } from '../../auth/door.js';
import { readJson } from '../../contract-kit/body.js';
import type { Contract } from '../../contract-kit/contract.js';
import { AuthError } from '../../errors/auth-error.js';
import { BareTokenErrorDto } from './bare-token.dto.js';
import { BARE_TOKEN_ERRORS } from './bare-token.errors.js';

/** Contract 0: one JWT, raw in the Authorization header, is everything. */
export const BARE_TOKEN = {
  name: 'bare-token',
  signsInBy: 'username',
  sessionLifetime: (config) => config.SESSION_MAX_AGE,
  accessToken: {
    lifetime: (config) => config.BARE_TOKEN_TTL,
    // Ids only: a known client decodes the claims with the wrong base64 alphabet.
    claims: () => ({}),
    read: rawAuthorization,
  },
  bare: { paths: ['/auth/register', '/auth/login', '/auth/refresh'], prefixes: [] },
  readFields: readJson,
  errors: BARE_TOKEN_ERRORS,
  errorDtos: () => [BareTokenErrorDto],
  cors: 'any origin',
} satisfies Contract;

/** The token with no scheme before it; `Bearer` before it does no harm. */
function rawAuthorization({ headers }: Presented): string {
  const token = headers.authorization?.trim().replace(/^Bearer +/i, '');
  if (!token) throw new AuthError('token_missing');
  return token;
}
