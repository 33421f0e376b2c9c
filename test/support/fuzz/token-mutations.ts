import { generateKeyPairSync } from 'node:crypto';
import { encode, es256, hmac, jwt, nonCanonical, rs256, type Signer } from '../forge.js';
import { decode } from '../jwt.js';
import type { Draft } from './draft.js';
import { hostileText } from './hostile-values.js';
import type { Random } from './random.js';
import type { Stock } from './stock.js';

const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]*/;
const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const RSA_STRANGER = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const UNSIGNED: Signer = () => Buffer.alloc(0);

type Parts = { header: Record<string, unknown>; claims: Record<string, unknown> };

/** Headers that attackers of JWT libraries have tried: other algorithms, keys of their own, keys from elsewhere. */
const HEADERS: readonly Readonly<Record<string, unknown>>[] = [
  { alg: 'none' },
  { alg: 'nOnE' },
  { alg: 'HS256' },
  { alg: 'HS512' },
  { alg: 'RS256' },
  { alg: 'PS256' },
  { alg: 'ES256K' },
  { alg: 'EdDSA' },
  { alg: '' },
  { alg: null },
  { alg: ['ES256'] },
  { alg: { toString: 'ES256' } },
  { kid: '../../../../dev/null' },
  { kid: "' UNION SELECT 'secret" },
  { kid: '__proto__' },
  { kid: 'constructor' },
  { kid: '' },
  { kid: null },
  { kid: 7 },
  { kid: ['a'] },
  { kid: 'k'.repeat(2000) },
  { kid: '\0' },
  { jku: 'http://127.0.0.1:1/keys' },
  { x5u: 'http://127.0.0.1:1/cert' },
  { jwk: { kty: 'oct', k: 'AAAA' } },
  { crit: ['exp'], exp: 1 },
  { b64: false, crit: ['b64'] },
  { zip: 'DEF' },
  { typ: 'JWT' },
  { typ: 'rt+jwt' },
  { typ: null },
  { cty: 'JWT' },
];

const CLAIMS: readonly Readonly<Record<string, unknown>>[] = [
  { sub: '1' },
  { sub: 1 },
  { sub: null },
  { sub: { $gt: '' } },
  { exp: 9e99 },
  { exp: '9999999999' },
  { exp: null },
  { nbf: 9_999_999_999 },
  { iat: -1 },
  { aud: ['a', 'b'] },
  { aud: null },
  { iss: 'https://evil.example' },
  { sid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
  { sid: "'; --" },
  { sid: null },
  { gen: 1e308 },
  { client_id: 'cookie' },
  { client_id: '__proto__' },
  { is_admin: true },
  { token_use: 'client', scope: 'introspect revoke' },
  { padding: 'p'.repeat(2500) },
  { padding: 'p'.repeat(9000) },
];

/** Puts a spoilt token, or another genuine one, wherever a draft carries a JWT. */
export function mutateToken(draft: Draft, random: Random, stock: Stock): void {
  const spoil = (text: string): string => text.replace(JWT, (token) => spoilt(token, random, stock));
  draft.headers = draft.headers.map(([name, value]) => [name, spoil(value)]);
  draft.mayBeUnparsable = true;
  if (typeof draft.body !== 'object' || draft.body === null) return;
  for (const [name, value] of Object.entries(draft.body))
    if (typeof value === 'string') Object.assign(draft.body, { [name]: spoil(value) });
}

function spoilt(token: string, random: Random, stock: Stock): string {
  const ways: (() => string)[] = [
    () => resigned(token, random),
    () => resigned(token, random),
    () => stock.anyToken(random),
    () => token.slice(0, random.below(token.length)),
    () => token.replace(/\.[^.]*$/, ''),
    () => token.replace(/\.[^.]*$/, '.'),
    () => `${token}.${token}`,
    () => `.${token}.`,
    () => nonCanonical(token),
    () => `${token}${random.pick(['=', '==', '\u00e9', ' x', ',x', '\t', '%00'])}`,
    () => flipped(token, random),
    () => withParts(token, () => Buffer.from('[]'), random),
    () => withParts(token, () => random.bytes(60), random),
    () => withParts(token, () => Buffer.from('{"alg":"ES256","alg":"none","__proto__":{"kid":"a"}}'), random),
    () => withParts(token, () => Buffer.from(`${'{"a":'.repeat(400)}1${'}'.repeat(400)}`), random),
    () => encode(hostileText(random)),
    () => random.word(43),
  ];
  return random.pick(ways)();
}

function resigned(token: string, random: Random): string {
  const parts = partsOf(token);
  const header = { ...parts.header, ...(random.chance(0.7) && random.pick(HEADERS)) };
  const claims = { ...parts.claims, ...(random.chance(0.6) && random.pick(CLAIMS)) };
  const signers = [UNSIGNED, es256(STRANGER), rs256(RSA_STRANGER), hmac('secret'), hmac('', 'sha512')];
  return jwt(header, claims, random.pick(signers));
}

function partsOf(token: string): Parts {
  try {
    return decode(token);
  } catch {
    return { header: { alg: 'ES256', typ: 'at+jwt' }, claims: {} };
  }
}

function flipped(token: string, random: Random): string {
  const at = random.below(token.length);
  return token.slice(0, at) + random.pick(['A', 'z', '0', '.', '-']) + token.slice(at + 1);
}

function withParts(token: string, part: () => Buffer, random: Random): string {
  const parts = token.split('.');
  parts[random.below(2)] = part().toString('base64url');
  return parts.join('.');
}
