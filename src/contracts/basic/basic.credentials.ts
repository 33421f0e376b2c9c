import type { FastifyRequest } from 'fastify';
import type { Credentials } from '../../auth/door.js';
import { AuthError } from '../../errors/auth-error.js';

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * The credentials of the Authorization header (RFC 7617 §2): split at the first colon; UTF-8, or where that fails
 * Latin-1, which `window.btoa` sends.
 * @throws {AuthError} `credentials_malformed`
 */
export function basicCredentials({ headers }: FastifyRequest): Credentials {
  const match = BASIC.exec(headers.authorization?.trim() ?? '');
  const text = decode(Buffer.from(match?.[1] ?? '', 'base64'));
  const colon = text.indexOf(':');
  if (colon === -1) throw new AuthError('credentials_malformed');
  return { identifier: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
