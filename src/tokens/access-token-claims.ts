/** The audience of a token that was issued before its account was verified: it opens nothing, here or elsewhere. */
export const UNVERIFIED_AUDIENCE = 'urn:latchkey:unverified';

/** What `token_use` says of a service client's token. */
export const CLIENT_TOKEN_USE = 'client';

/** The claims of every access token (RFC 9068 §2.2). */
interface CommonClaims {
  readonly iss: string;
  readonly aud: string;
  /** The account's id as a string, or the service client's. */
  readonly sub: string;
  /** The contract, or the service client. */
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

/** The claims of an account's access token beside those that its contract adds. */
export interface AccessTokenClaims extends CommonClaims {
  /** The session. */
  readonly sid: string;
  readonly [extra: string]: unknown;
}

/** The claims of a service client's access token: no account and no session stand behind it. */
export interface ClientTokenClaims extends CommonClaims {
  readonly token_use: typeof CLIENT_TOKEN_USE;
  /** What it may do, separated by spaces. */
  readonly scope?: string;
}

/** Whether it is a service client's token that says this. */
export function isOfClient(claims: AccessTokenClaims | ClientTokenClaims): claims is ClientTokenClaims {
  return claims.token_use === CLIENT_TOKEN_USE;
}
