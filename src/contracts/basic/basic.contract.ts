import type { Presented } from '../../auth/door.js';
import { readFormOrJson } from '../../contract-kit/body.js';
import type { Contract } from '../../contract-kit/contract.js';
import { AuthError } from '../../errors/auth-error.js';
import { BasicErrorDto } from './basic.dto.js';
import { BASIC_ERRORS } from './basic.errors.js';

/** Contract 4: HTTP Basic with an e-mail address at login, then a pair of JWTs, the refresh token in the header. */
export const BASIC = {
  name: 'basic',
  signsInBy: 'email',
  sessionLifetime: (config) => config.SESSION_MAX_AGE,
  accessToken: {
    lifetime: (config) => config.BASIC_ACCESS_TTL,
    claims: () => ({}),
    read: bearerJwt,
  },
  refreshToken: {
    lifetime: (config) => config.BASIC_REFRESH_TTL,
    read: bearerJwt,
  },
  bare: { paths: [], prefixes: ['/api/v1.0/'] },
  // The document says JSON, its own example sends a form.
  readFields: readFormOrJson,
  errors: BASIC_ERRORS,
  errorDtos: () => [BasicErrorDto],
  cors: 'any origin',
} satisfies Contract;

function bearerJwt({ headers }: Presented): string {
  if (!headers.authorization) throw new AuthError('token_missing');
  const [scheme, token, ...more] = headers.authorization.trim().split(/\s+/);
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || more.length > 0)
    throw new AuthError('token_header_malformed');
  return token;
}
