import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

/** The header and claims of a JWT, unverified. */
export function decode(token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header = '', claims = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return {
    header: JSON.parse(header) as Record<string, unknown>,
    claims: JSON.parse(claims) as Record<string, unknown>,
  };
}

function unsigned(header: object, claims: object): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

/** The token with another signature of the same length. */
export function forged(token: string): string {
  const flipped = token.at(-10) === 'A' ? 'B' : 'A';
  return token.slice(0, -10) + flipped + token.slice(-9);
}

/** The token's claims under `alg: none`. */
export function algNone(token: string): string {
  const { header, claims } = decode(token);
  return `${unsigned({ ...header, alg: 'none' }, claims)}.`;
}

/** The token's header and claims, signed by a stranger's ES256 key. */
export function signedByStranger(token: string): string {
  const { header, claims } = decode(token);
  const text = unsigned({ ...header, alg: 'ES256' }, claims);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** The token's claims under HS256 with a secret that an attacker may know, such as a public key. */
export function signedWithSecret(token: string, secret: string): string {
  const { header, claims } = decode(token);
  const text = unsigned({ ...header, alg: 'HS256' }, claims);
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
