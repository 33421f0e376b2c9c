import { readJson } from '../../contract-kit/body.js';
import type { Contract } from '../../contract-kit/contract.js';
import { OpaqueTokenErrorDto } from './opaque-token.dto.js';
import { OPAQUE_TOKEN_ERRORS } from './opaque-token.errors.js';

/** Contract 3: bearer tokens that mean nothing to the client. */
export const OPAQUE_TOKEN = {
  name: 'opaque-token',
  signsInBy: 'username',
  passwordRule: '8 to 64 letters and digits of the Latin alphabet, nothing else',
  sessionLifetime: ({ OPAQUE_TOKEN_IDLE_TTL, SESSION_MAX_AGE, CONTRACT_STRICT }) =>
    CONTRACT_STRICT ? Math.min(OPAQUE_TOKEN_IDLE_TTL, SESSION_MAX_AGE) : OPAQUE_TOKEN_IDLE_TTL,
  bare: { paths: ['/health', '/register', '/login', '/change-password', '/clear-tokens'], prefixes: [] },
  readFields: readJson,
  errors: OPAQUE_TOKEN_ERRORS,
  errorDtos: () => [OpaqueTokenErrorDto],
  cors: 'any origin',
} satisfies Contract;
