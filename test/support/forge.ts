import { createHmac, type KeyObject, sign } from 'node:crypto';

/** Signs the text of a JWT's first two parts. */
export type Signer = (text: string) => Buffer;

/** A JWT with whatever header and claims, signed by whatever means; a text in the place of an object is taken as it is. */
export function jwt(header: object | string, claims: object | string, signer: Signer): string {
  const text = [header, claims].map((part) => encode(typeof part === 'string' ? part : JSON.stringify(part))).join('.');
  return `${text}.${signer(text).toString('base64url')}`;
}

/** ES256 as RFC 7518 §3.4 wants it. */
export function es256(key: KeyObject): Signer {
  return (text) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
}

/** RS256. */
export function rs256(key: KeyObject): Signer {
  return (text) => sign('sha256', Buffer.from(text), key);
}

/** HMAC with SHA-2, under any secret. */
export function hmac(secret: string | Buffer | KeyObject, hash: 'sha256' | 'sha384' | 'sha512' = 'sha256'): Signer {
  return (text) => createHmac(hash, secret).update(text).digest();
}

/** A text as base64url. */
export function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The same bytes written in another way: the last character of base64url has bits that decoders ignore. */
export function nonCanonical(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return token.slice(0, -1) + alphabet[last ^ 1];
}
