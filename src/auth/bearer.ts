import { AuthError } from '../errors/auth-error.js';
import type { Presented } from './door.js';

const BEARER = /^Bearer(?: +(.*))?$/i;

/**
 * What follows `Bearer` in the Authorization header (RFC 6750 §2.1), perhaps nothing; the scheme in any case of letters.
 * @throws {AuthError} `token_missing` without the header or with another scheme
 */
export function bearerToken({ headers }: Presented): string {
  const match = BEARER.exec(headers.authorization?.trim() ?? '');
  if (!match) throw new AuthError('token_missing');
  return match[1] ?? '';
}
