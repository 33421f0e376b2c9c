/** The media type of access tokens in their header (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** The media type of refresh tokens in their header: explicit typing, as RFC 8725 §3.11 asks. */
export const REFRESH_TOKEN_TYPE = 'rt+jwt';

/** The longest token worth looking at, in characters. */
const LONGEST = 4096;

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** A JOSE header, before anything about it is believed. */
export interface UnverifiedHeader {
  readonly typ?: unknown;
  readonly alg?: unknown;
  readonly kid?: unknown;
  readonly crit?: unknown;
}

/** The header of a JWT, or `undefined` if the text is none. */
export function readHeader(token: string): UnverifiedHeader | undefined {
  if (token.length > LONGEST || !COMPACT_JWS.test(token)) return undefined;
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
    return typeof header === 'object' && header !== null ? header : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a token could be one of ours by the way it is written: without critical extensions, which we would have to know
 * (RFC 7515 §4.1.11), and with its signature in the one canonical spelling (RFC 4648 §3.5), so that a token is one text.
 */
export function isWrittenLikeOurs(token: string, header: UnverifiedHeader): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return header.crit === undefined && Buffer.from(signature, 'base64url').toString('base64url') === signature;
}
