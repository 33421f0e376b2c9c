import { constants, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { AccessTokenClaims } from './access-token-claims.js';

const verifyInPool = promisify(verify);

/**
 * The claims of a JWT in compact form whose signature is right under a key; `undefined` of any other. Its header is checked
 * before: which key is asked, and so which algorithm, never follows from the token alone (RFC 8725 §3.1). The signature is
 * checked in the pool of threads (RFC 7515 §5.2): for its 70 µs, the thread that serves requests goes on serving them.
 * @param key an EC key for ES256 or an RSA key for RS256 (RFC 7518 §3.1)
 */
export async function signedClaims(token: string, key: KeyObject): Promise<AccessTokenClaims | undefined> {
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  // `dsaEncoding` is for EC keys, `padding` for RSA keys.
  const how = { key, dsaEncoding: 'ieee-p1363', padding: constants.RSA_PKCS1_PADDING } as const;
  if (!(await verifyInPool('sha256', Buffer.from(token.slice(0, end)), how, signature))) return undefined;
  const payload = Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString();
  // Only this service signs, so it is what this service wrote.
  return JSON.parse(payload) as AccessTokenClaims;
}
