import { type Fields, percentDecoded } from '../contract-kit/body.js';
import { OAuthError } from './oauth-error.js';

/** What a request presents to say which service client it comes from. */
export type PresentedClient =
  | { readonly by: 'secret'; readonly id: string; readonly secret: string }
  | { readonly by: 'token'; readonly token: string }
  | { readonly by: 'nothing we know' };

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;
const BEARER = /^Bearer +(\S+)$/i;

/**
 * Finds what a request presents: `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1), or an access token.
 * @throws {OAuthError} `client_missing` without anything, `authentication_ambiguous` with more than one (§2.3)
 */
export function presentedClient(authorization: string | undefined, form: Fields): PresentedClient {
  const { client_id: id, client_secret: secret } = form as Readonly<Record<string, string | undefined>>;
  if (authorization === undefined) {
    if (id === undefined || secret === undefined) throw new OAuthError('client_missing');
    return { by: 'secret', id, secret };
  }
  const presented = inHeader(authorization.trim());
  if (secret !== undefined || (presented.by === 'secret' && id !== undefined && id !== presented.id))
    throw new OAuthError('authentication_ambiguous');
  return presented;
}

function inHeader(authorization: string): PresentedClient {
  const token = BEARER.exec(authorization)?.[1];
  if (token !== undefined) return { by: 'token', token };
  const [, id, secret] = /^([^:]+):(.+)$/s.exec(basicText(authorization)) ?? [];
  if (id === undefined || secret === undefined) return { by: 'nothing we know' };
  try {
    // Both were urlencoded before they were joined (RFC 6749 §2.3.1).
    return { by: 'secret', id: percentDecoded(id), secret: percentDecoded(secret) };
  } catch {
    return { by: 'nothing we know' };
  }
}

/** What follows `Basic`, decoded, one character for each byte; '' of another scheme. */
function basicText(authorization: string): string {
  return Buffer.from(BASIC.exec(authorization)?.[1] ?? '', 'base64').toString('latin1');
}
