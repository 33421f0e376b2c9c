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
