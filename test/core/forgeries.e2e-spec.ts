import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing, type RingKey } from '../../src/tokens/key-ring.js';
import { RefreshTokenService } from '../../src/tokens/refresh-token.service.js';
import { encode, es256, hmac, jwt, nonCanonical, rs256 } from '../support/forge.js';
import { decode } from '../support/jwt.js';
import { IN_BODY, IN_HEADER, type Pair, PairClient } from '../support/pairs.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** How long a key is published before it signs, in seconds. */
const HOUR = 3600;
const nothing = (): Buffer => Buffer.alloc(0);

let service: Service;
let client: PairClient;
let person: Person;
let pair: Pair;
/** The key that signs, and one of the ring that signed before it. */
let own: RingKey;
let former: RingKey;
let refreshKey: KeyObject;

beforeAll(async () => {
  const before = await startService({ JWT_ALGORITHM: 'RS256' });
  former = before.app.get(KeyRing).signer;
  service = await before.restart({ JWT_ALGORITHM: 'ES256' });
  service.advance(HOUR);
  own = service.app.get(KeyRing).signer;
  refreshKey = service.app.get(RefreshTokenService).key;
  client = new PairClient(service.url);
  ({ person, pair } = await client.newcomer());
});
afterAll(() => service.stop());

type Parts = { header: Record<string, unknown>; claims: Record<string, unknown> };
type Forgeries = Record<string, (parts: Parts, token: string) => string>;

function pem(): string {
  return own.publicKey.export({ type: 'spki', format: 'pem' }) as string;
}
function der(): Buffer {
  return own.publicKey.export({ type: 'spki', format: 'der' });
}
function jwk(key: KeyObject): JsonWebKey {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
}
function parts(token: string): [header: string, claims: string, signature: string] {
  return token.split('.') as [string, string, string];
}
function without(header: object, name: string): object {
  return Object.fromEntries(Object.entries(header).filter(([key]) => key !== name));
}
/** The token with another header and the signature it had. */
function reheaded(token: string, header: object | string): string {
  const [, claims, signature] = parts(token);
  return [encode(typeof header === 'string' ? header : JSON.stringify(header)), claims, signature].join('.');
}

/** Forgeries that need no key of ours. */
const BY_STRANGERS: Forgeries = {
  'HS256 under our public key as PEM': ({ header, claims }) => jwt({ ...header, alg: 'HS256' }, claims, hmac(pem())),
  'HS256 under our public key as trimmed PEM': ({ header, claims }) =>
    jwt({ ...header, alg: 'HS256' }, claims, hmac(pem().trim())),
  'HS256 under our public key as DER': ({ header, claims }) => jwt({ ...header, alg: 'HS256' }, claims, hmac(der())),
  'HS256 under our public key as JWK': ({ header, claims }) =>
    jwt({ ...header, alg: 'HS256' }, claims, hmac(JSON.stringify(jwk(own.publicKey)))),
  'HS256 under our public key, as an ES256 header says': ({ header, claims }) => jwt(header, claims, hmac(pem())),
  'HS256 under an empty secret': ({ header, claims }) => jwt({ ...header, alg: 'HS256' }, claims, hmac('')),
  'alg none without a signature': ({ header, claims }) => jwt({ ...header, alg: 'none' }, claims, nothing),
  'alg none with the signature': ({ header }, token) => reheaded(token, { ...header, alg: 'none' }),
  'alg None': ({ header, claims }) => jwt({ ...header, alg: 'None' }, claims, nothing),
  'alg NONE': ({ header, claims }) => jwt({ ...header, alg: 'NONE' }, claims, nothing),
  'an empty alg': ({ header, claims }) => jwt({ ...header, alg: '' }, claims, nothing),
  'no alg': ({ header }, token) => reheaded(token, without(header, 'alg')),
  'alg as a list': ({ header }, token) => reheaded(token, { ...header, alg: [header.alg] }),
  'no signature': (_, token) => token.slice(0, token.lastIndexOf('.') + 1),
  "a stranger's key": ({ header, claims }) => jwt(header, claims, es256(stranger.privateKey)),
  "a stranger's key in the header, as jwk": ({ header, claims }) =>
    jwt({ ...header, jwk: jwk(stranger.privateKey) }, claims, es256(stranger.privateKey)),
  "a stranger's key in the header, without our kid": ({ header, claims }) =>
    jwt({ ...without(header, 'kid'), alg: 'ES256', jwk: jwk(stranger.privateKey) }, claims, es256(stranger.privateKey)),
  "a stranger's key behind jku": ({ header, claims }) =>
    jwt({ ...header, jku: 'https://stranger.example/jwks.json' }, claims, es256(stranger.privateKey)),
  "a stranger's key behind x5u and in x5c": ({ header, claims }) =>
    jwt({ ...header, x5u: 'https://stranger.example/x', x5c: ['MIIB'] }, claims, es256(stranger.privateKey)),
  "a stranger's RSA key": ({ header, claims }) =>
    jwt({ ...header, alg: 'RS256' }, claims, rs256(strangerRsa.privateKey)),
  'an all-zero signature': ({ header, claims }) => jwt(header, claims, () => Buffer.alloc(64)),
  'no kid': ({ header }, token) => reheaded(token, { ...without(header, 'kid'), jti: 1 }),
  'a kid that is none of ours': ({ header }, token) => reheaded(token, { ...header, kid: 'A'.repeat(43) }),
  'the kid of another key of ours': ({ header }, token) => reheaded(token, { ...header, kid: former.kid }),
  'the kid and alg of another key of ours': ({ header }, token) =>
    reheaded(token, { ...header, kid: former.kid, alg: 'RS256' }),
  'a kid that is a path': ({ header, claims }) => jwt({ ...header, kid: '../../../dev/null' }, claims, hmac('')),
  'a kid that is SQL': ({ header }, token) => reheaded(token, { ...header, kid: "' OR 1=1 --" }),
  'kid __proto__': ({ header }, token) => reheaded(token, { ...header, kid: '__proto__' }),
  'kid constructor': ({ header }, token) => reheaded(token, { ...header, kid: 'constructor' }),
  'a kid that is no text': ({ header }, token) => reheaded(token, { ...header, kid: [header.kid] }),
  'alg twice': ({ header }, token) => reheaded(token, JSON.stringify(header).replace('{', '{"alg":"none",')),
  'typ twice': ({ header }, token) => reheaded(token, JSON.stringify(header).replace('{', '{"typ":"JWT",')),
  'crit added': ({ header }, token) => reheaded(token, { ...header, crit: ['exp'] }),
  'an account changed': ({ header, claims }, token) =>
    jwt(header, { ...claims, sub: '1', user_id: 1, username: 'root' }, () => Buffer.from(parts(token)[2], 'base64url')),
  'an expiry put off': ({ header, claims }, token) =>
    jwt(header, { ...claims, exp: (claims.exp as number) + 1 }, () => Buffer.from(parts(token)[2], 'base64url')),
  'the signature written in another way': (_, token) => nonCanonical(token),
  'padding behind it': (_, token) => `${token}==`,
  'standard base64': (_, token) => token.replace(/[^.]*$/, '+/+/'),
  'a fourth part': (_, token) => `${token}.AAAA`,
  'five parts, as an encrypted one has': (_, token) => `${token}.AAAA.AAAA`,
  'a part missing': (_, token) => token.slice(0, token.lastIndexOf('.')),
  'a header that is no JSON': (_, token) => reheaded(token, 'header'),
  'a header that is a list': (_, token) => reheaded(token, '[]'),
  'a header that is null': (_, token) => reheaded(token, 'null'),
  'claims that are no JSON': ({ header }) => jwt(header, 'claims', es256(stranger.privateKey)),
  'more than 4096 characters': ({ header, claims }, token) =>
    jwt({ ...header, more: 'A'.repeat(4096) }, claims, () => Buffer.from(parts(token)[2], 'base64url')),
};

/** Tokens that are no access tokens, though a key of ours signed them. */
const NO_ACCESS_TOKENS: Forgeries = {
  'the type JWT': ({ header, claims }) => jwt({ ...header, typ: 'JWT' }, claims, es256(own.privateKey)),
  'no type': ({ header, claims }) => jwt(without(header, 'typ'), claims, es256(own.privateKey)),
  'the type of refresh tokens': ({ header, claims }) =>
    jwt({ ...header, typ: 'rt+jwt' }, claims, es256(own.privateKey)),
  'the refresh key, with the type of access tokens': ({ header, claims }) =>
    jwt({ ...header, alg: 'HS256' }, claims, hmac(refreshKey)),
  'critical extensions (RFC 7515 §4.1.11)': ({ header, claims }) =>
    jwt({ ...header, crit: ['b64'], b64: true }, claims, es256(own.privateKey)),
  'a DER signature': ({ header, claims }) =>
    jwt(header, claims, (text) => sign('sha256', Buffer.from(text), own.privateKey)),
  'another issuer': ({ header, claims }) =>
    jwt(header, { ...claims, iss: 'https://stranger.example' }, es256(own.privateKey)),
  'another audience': ({ header, claims }) =>
    jwt(header, { ...claims, aud: 'https://stranger.example' }, es256(own.privateKey)),
  'our audience among others': ({ header, claims }) =>
    jwt(header, { ...claims, aud: [claims.aud, 'https://stranger.example'] }, es256(own.privateKey)),
  'another contract': ({ header, claims }) => jwt(header, { ...claims, client_id: 'cookie' }, es256(own.privateKey)),
  'more than 4096 characters': ({ header, claims }) =>
    jwt(header, { ...claims, more: 'A'.repeat(4096) }, es256(own.privateKey)),
};

/** Tokens that are no refresh tokens, though a key of ours signed them. */
const NO_REFRESH_TOKENS: Forgeries = {
  'the type JWT': ({ header, claims }) => jwt({ ...header, typ: 'JWT' }, claims, hmac(refreshKey)),
  'no type': ({ header, claims }) => jwt(without(header, 'typ'), claims, hmac(refreshKey)),
  HS384: ({ header, claims }) => jwt({ ...header, alg: 'HS384' }, claims, hmac(refreshKey, 'sha384')),
  HS512: ({ header, claims }) => jwt({ ...header, alg: 'HS512' }, claims, hmac(refreshKey, 'sha512')),
  'critical extensions (RFC 7515 §4.1.11)': ({ header, claims }) =>
    jwt({ ...header, crit: ['b64'], b64: true }, claims, hmac(refreshKey)),
  'the key of access tokens': ({ header, claims }) =>
    jwt({ ...header, alg: 'ES256', kid: own.kid }, claims, es256(own.privateKey)),
  'another issuer': ({ header, claims }) =>
    jwt(header, { ...claims, iss: 'https://stranger.example' }, hmac(refreshKey)),
  'another contract': ({ header, claims }) => jwt(header, { ...claims, client_id: 'basic' }, hmac(refreshKey)),
  'more than 4096 characters': ({ header, claims }) =>
    jwt(header, { ...claims, more: 'A'.repeat(4096) }, hmac(refreshKey)),
};

describe('GET /auth/getuser', () => {
  for (const [forgery, forge] of Object.entries({ ...BY_STRANGERS, ...NO_ACCESS_TOKENS })) {
    it(`refuses a token with ${forgery}`, async () => {
      const token = forge(decode(pair.access), pair.access);
      expect(whole(await client.getUser(token))).toEqual(IN_HEADER.notValid);
    });
  }

  it('accepts the token that all of them were made from, and what the forger would make with our own key', async () => {
    const { header, claims } = decode(pair.access);
    for (const token of [pair.access, jwt(header, claims, es256(own.privateKey))])
      expect(whole(await client.getUser(token))).toEqual({ status: 200, body: { username: person.username } });
  });
});

describe('POST /auth/token/refresh', () => {
  for (const [forgery, forge] of Object.entries({ ...BY_STRANGERS, ...NO_REFRESH_TOKENS })) {
    it(`refuses a token with ${forgery}, and ends no session over it`, async () => {
      const token = forge(decode(pair.refresh), pair.refresh);
      expect(whole(await client.refresh(token))).toEqual(IN_BODY.notValid);
      expect(whole(await client.verify(token))).toEqual(IN_BODY.notValid);
      expect(whole(await client.verify(pair.refresh))).toEqual({ status: 200, body: {} });
    });
  }

  it('accepts what the forger would make with our own key', async () => {
    const { pair: another } = await client.newcomer();
    const { header, claims } = decode(another.refresh);
    const token = jwt(header, claims, hmac(refreshKey));
    expect(token).toBe(another.refresh);
    expect((await client.refresh(token)).status).toBe(200);
  });
});
