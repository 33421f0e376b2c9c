/** The audience of a token that was issued before its account was verified: it opens nothing, here or elsewhere. */
export const UNVERIFIED_AUDIENCE = 'urn:latchkey:unverified';

/** The claims of an access token (RFC 9068 §2.2) beside those that its contract adds. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** The account's id, as a string. */
  readonly sub: string;
  /** The contract. */
  readonly client_id: string;
  /** The session. */
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly [extra: string]: unknown;
}
