import type { FastifyRequest } from 'fastify';
import type { Contract } from '../../contract-kit/contract.js';
import { readDto } from '../../contract-kit/contract-body.js';
import { AuthError } from '../../errors/auth-error.js';
import { readTokenPairFields } from './token-pair.body.js';
import { FieldErrorsDto, RefreshDto, TokenPairErrorDto } from './token-pair.dto.js';
import { TOKEN_PAIR_ERRORS } from './token-pair.errors.js';

/** Contract 1: an access token in the header, a refresh token in the body; the API of SimpleJWT. */
export const TOKEN_PAIR = {
  name: 'token-pair',
  signsInBy: 'username',
  sessionLifetime: (config) => config.SESSION_MAX_AGE,
  accessToken: {
    lifetime: (config) => config.ACCESS_TOKEN_TTL,
    claims: ({ id, username }) => ({ token_type: 'access', user_id: id, username }),
    read: bearerOfTwoParts,
  },
  refreshToken: {
    lifetime: (config) => config.REFRESH_TOKEN_TTL,
    read: async ({ body }) => (await readDto({ readFields: readTokenPairFields }, RefreshDto, body)).refresh,
  },
  bare: { paths: ['/auth/getuser'], prefixes: ['/auth/token'] },
  readFields: readTokenPairFields,
  errors: TOKEN_PAIR_ERRORS,
  errorDtos: (status) => (status === 400 ? [FieldErrorsDto, TokenPairErrorDto] : [TokenPairErrorDto]),
  cors: 'any origin',
} satisfies Contract;

/** SimpleJWT's reading of the header: another scheme is as good as none, but `Bearer` has exactly one value. */
function bearerOfTwoParts({ headers }: FastifyRequest): string {
  const [scheme, token, ...more] = (headers.authorization ?? '').trim().split(/\s+/);
  if (scheme?.toLowerCase() !== 'bearer') throw new AuthError('token_missing');
  if (token === undefined || more.length > 0) throw new AuthError('token_header_malformed');
  return token;
}
