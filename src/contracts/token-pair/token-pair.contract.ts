import type { Presented, Principal } from '../../auth/door.js';
import { isJsonType, parseJsonObject } from '../../contract-kit/body.js';
import type { Contract } from '../../contract-kit/contract.js';
import { readDto } from '../../contract-kit/contract-body.js';
import { AuthError } from '../../errors/auth-error.js';
import { readTokenPairFields } from './token-pair.body.js';
import { FieldErrorsDto, RefreshDto, TokenPairErrorDto, type UsernameDto } from './token-pair.dto.js';
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
  bare: { paths: ['/auth/register', '/auth/getuser'], prefixes: ['/auth/token'] },
  readFields: readTokenPairFields,
  errors: TOKEN_PAIR_ERRORS,
  errorDtos: (status) => (status === 400 ? [FieldErrorsDto, TokenPairErrorDto] : [TokenPairErrorDto]),
  cors: 'any origin',
  tokenAnswers: {
    'GET /auth/getuser': { me: whoIsIt },
    'POST /auth/token/verify': { tokenIn: tokenInJson, valid: {} },
  },
} satisfies Contract;

/** What the document answers of whoever an access token speaks for. */
export function whoIsIt({ claims }: Pick<Principal, 'claims'>): UsernameDto {
  return { username: claims.username as string };
}

/** The token that is asked for in a body of plain JSON. */
function tokenInJson(body: Buffer, mediaType: string): unknown {
  return isJsonType(mediaType) ? parseJsonObject(body).token : undefined;
}

/** The header as nearly everybody writes it. */
const PLAIN_BEARER = /^Bearer (\S+)$/;

/** SimpleJWT's reading of the header: another scheme is as good as none, but `Bearer` has exactly one value. */
function bearerOfTwoParts({ headers }: Presented): string {
  const plain = PLAIN_BEARER.exec(headers.authorization ?? '');
  if (plain) return plain[1] as string;
  const [scheme, token, ...more] = (headers.authorization ?? '').trim().split(/\s+/);
  if (scheme?.toLowerCase() !== 'bearer') throw new AuthError('token_missing');
  if (token === undefined || more.length > 0) throw new AuthError('token_header_malformed');
  return token;
}
