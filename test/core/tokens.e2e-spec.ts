import { createHash, createPublicKey, hkdfSync, type JsonWebKey, verify } from 'node:crypto';
import { rmSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../src/config/env.js';
import { AccessTokenService } from '../../src/tokens/access-token.service.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SigningKey } from '../../src/tokens/signing-key.entity.js';
import { BasicClient } from '../support/basic.client.js';
import { hmac } from '../support/forge.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { OpaqueTokenClient, told, UNAUTHORIZED, USABLE } from '../support/opaque-token.client.js';
import { confirm } from '../support/outbox.js';
import { IN_BODY, IN_HEADER, PairClient, pairOf } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { atOneTime } from '../support/statements.js';
import { everythingStored } from '../support/stored.js';
import { whole } from '../support/whole.js';

const ISSUER = 'http://latchkey.test';

/** How long a key is published before it signs, in seconds. */
const HOUR = 3600;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function keysOf(service: Service): Promise<SigningKey[]> {
  return service.app
    .get(DataSource)
    .getRepository(SigningKey)
    .find({ order: { sequence: 'ASC' } });
}

/** Checks a signature with nothing but a public JWK, as another service would. */
function isSignedBy(jwk: JsonWebKey, token: string): boolean {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  return verify('sha256', Buffer.from(token.slice(0, dot)), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

describe('An access token', () => {
  let service: Service;
  let client: PairClient;

  beforeAll(async () => {
    service = await startService();
    client = new PairClient(service.url);
  });
  afterAll(() => service.stop());

  it('names its type, its algorithm and its key, by the thumbprint of RFC 7638', async () => {
    const { pair } = await client.newcomer();
    const [row] = await keysOf(service);
    const { crv, kty, x, y } = JSON.parse(row?.publicJwk ?? '') as JsonWebKey;
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');

    expect(decode(pair.access).header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: thumbprint });
    expect(isSignedBy({ crv, kty, x, y }, pair.access)).toBe(true);
  });

  it('has the claims of RFC 9068 and those that its contract documents, and no others', async () => {
    const person = newPerson('Secret1234#');
    const post = async (path: string, body: object): Promise<Record<string, string>> => {
      const { json, headers } = await send('POST', `${service.url}${path}`, { body });
      const cookie = /token=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')?.[1];
      return { ...(json as Record<string, string>), ...(cookie && { cookie }) };
    };
    const before = Math.floor(Date.now() / 1000);
    const bare = await post('/bare-token/auth/register', person);
    const tokens = {
      'bare-token': bare.authToken,
      'token-pair': (await post('/token-pair/auth/token', person)).access,
      cookie: (await post('/cookie/users/login', person)).cookie,
      basic: (await post('/basic/api/v1.0/register', person)).access_token,
    };
    const after = Math.floor(Date.now() / 1000);
    const claims = Object.fromEntries(
      Object.entries(tokens).map(([contract, token]) => [contract, decode(token ?? '').claims]),
    );

    const common = (contract: string, lifetime: number, sub = claims['bare-token']?.sub): object => ({
      iss: ISSUER,
      aud: ISSUER,
      sub,
      client_id: contract,
      sid: expect.stringMatching(UUID),
      jti: expect.stringMatching(UUID),
      iat: claims[contract]?.iat,
      exp: (claims[contract]?.iat as number) + lifetime,
    });
    const ofPair = { token_type: 'access', user_id: Number(claims['bare-token']?.sub), username: person.username };
    expect(claims).toEqual({
      'bare-token': common('bare-token', 7 * 86_400),
      'token-pair': { ...common('token-pair', 3600), ...ofPair },
      cookie: { ...common('cookie', 3600), username: person.username, is_admin: false },
      basic: { ...common('basic', 900, claims.basic?.sub), aud: 'urn:latchkey:unverified' },
    });
    expect(claims['bare-token']?.sub).toMatch(/^\d+$/);
    for (const { iat } of Object.values(claims)) {
      expect(iat).toBeGreaterThanOrEqual(before);
      expect(iat).toBeLessThanOrEqual(after);
    }
    for (const name of ['sid', 'jti']) expect(new Set(Object.values(claims).map((one) => one[name])).size).toBe(4);
  });

  it('keeps its session and gets an id of its own when it is refreshed', async () => {
    const { pair } = await client.newcomer();
    const before = decode(pair.access).claims;
    const after = decode(pairOf(await client.refresh(pair.refresh)).access).claims;

    expect(after.sid).toBe(before.sid);
    expect(after.jti).not.toBe(before.jti);
  });

  it('of a pending account opens nothing, even after the account was verified', async () => {
    const { person, tokens } = await new BasicClient(`${service.url}/basic`).newcomer();
    const check = (): Promise<unknown> => service.app.get(AccessTokenService).verify(tokens.access_token, undefined);
    await expect(check()).rejects.toThrow(expect.objectContaining({ code: 'token_unverified' }));

    expect((await confirm(service, person.email)).status).toBe(200);

    await expect(check()).rejects.toThrow(expect.objectContaining({ code: 'token_unverified' }));
  });
});

describe('A refresh token', () => {
  it('has a type, an algorithm and claims of its own, and is signed under a key derived for it', async () => {
    const service = await startService({ LATCHKEY_SECRET: 'a service secret of 32 bytes or more' });
    onTestFinished(() => service.stop());
    const { pair } = await atOneTime(service, () => new PairClient(service.url).newcomer());
    const { header, claims } = decode(pair.refresh);
    const access = decode(pair.access).claims;

    expect(header).toEqual({ alg: 'HS256', typ: 'rt+jwt' });
    expect(claims).toEqual({
      token_type: 'refresh',
      iss: ISSUER,
      sub: access.sub,
      user_id: access.user_id,
      client_id: 'token-pair',
      sid: access.sid,
      gen: 0,
      jti: `${access.sid as string}.0`,
      iat: access.iat,
      exp: (access.iat as number) + 14 * 86_400,
    });
    const [text, signature] = [pair.refresh.slice(0, pair.refresh.lastIndexOf('.')), pair.refresh.split('.')[2]];
    const secret = 'a service secret of 32 bytes or more';
    const derived = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey refresh tokens', 32));
    expect(hmac(derived)(text).toString('base64url')).toBe(signature);
    expect(hmac(secret)(text).toString('base64url')).not.toBe(signature);
  });

  it('is no access token, nor the reverse', async () => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const client = new PairClient(service.url);
    const { pair } = await client.newcomer();

    expect(whole(await client.getUser(pair.refresh))).toEqual(IN_HEADER.wrongType);
    expect(whole(await client.refresh(pair.access))).toEqual(IN_BODY.wrongType);
  });
});

describe('An opaque token', () => {
  it('is 32 random bytes, of which the store holds only the SHA-256', async () => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const { person } = await new PairClient(service.url).newcomer();
    const token = await new OpaqueTokenClient(`${service.url}/opaque-token`).session(person);

    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const rows = await service.app.get(DataSource).getRepository(Session).find();
    expect(rows.map(({ secretHash }) => secretHash).filter(Boolean)).toEqual([
      createHash('sha256').update(token).digest('hex'),
    ]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe('POST /change-password', () => {
  it('keeps an opaque token alive by being used, however short its idle time is', async () => {
    const service = await startService({ OPAQUE_TOKEN_IDLE_TTL: '30s' });
    onTestFinished(() => service.stop());
    const client = new OpaqueTokenClient(`${service.url}/opaque-token`);
    const { token } = await client.newcomer();

    for (let times = 0; times < 4; times++) {
      service.advance(20);
      expect(told(await client.use(token))).toEqual(USABLE);
    }
    service.advance(30);
    expect(told(await client.use(token))).toEqual(UNAUTHORIZED);
  });
});

describe('The signing keys', () => {
  it('are RSA with JWT_ALGORITHM=RS256, and an hour after a change of algorithm the next one signs', async () => {
    let service = await startService({ JWT_ALGORITHM: 'RS256' });
    onTestFinished(() => service.stop());
    const { person, pair } = await new PairClient(service.url).newcomer();
    const [rsa] = await keysOf(service);
    expect(decode(pair.access).header).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: rsa?.kid });
    expect(JSON.parse(rsa?.publicJwk ?? '')).toEqual({ kty: 'RSA', n: expect.stringMatching(/^.{342}$/), e: 'AQAB' });
    expect(isSignedBy(JSON.parse(rsa?.publicJwk ?? '') as JsonWebKey, pair.access)).toBe(true);

    service = await service.restart({ JWT_ALGORITHM: 'ES256' });
    const client = new PairClient(service.url);
    const soon = await client.session(person);
    service.advance(HOUR);
    const later = pairOf(await client.refresh(pair.refresh));

    expect(decode(soon.access).header.kid).toBe(rsa?.kid);
    expect(decode(later.access).header).toMatchObject({ alg: 'ES256' });
    const latest = await client.session(person);
    for (const token of [later.access, latest.access])
      expect(whole(await client.getUser(token))).toEqual({ status: 200, body: { username: person.username } });
    expect((await keysOf(service)).map(({ sequence, algorithm }) => [sequence, algorithm])).toEqual([
      [1, 'RS256'],
      [2, 'ES256'],
    ]);
  });

  it('lie in the store with their private halves sealed', async () => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const [row] = await keysOf(service);
    const { d = '' } = service.app.get(KeyRing).signer.privateKey.export({ format: 'jwk' });
    const bytes = await everythingStored(service);

    expect(Object.keys(JSON.parse(row?.publicJwk ?? '') as object).toSorted()).toEqual(['crv', 'kty', 'x', 'y']);
    expect(bytes.includes(row?.sealedPrivateKey ?? '?')).toBe(true);
    for (const secret of [d, Buffer.from(d, 'base64url'), 'PRIVATE KEY', '"d"']) {
      expect(bytes.includes(secret)).toBe(false);
      expect(Buffer.from(row?.sealedPrivateKey ?? '', 'base64url').includes(secret)).toBe(false);
    }
  });

  it('stop the start when two private halves were exchanged: each is bound to its kid', async () => {
    const first = await startService({ JWT_ALGORITHM: 'RS256' });
    const service = await first.restart({ JWT_ALGORITHM: 'ES256' });
    onTestFinished(() => rmSync(service.dataDir, { recursive: true, force: true }));
    const [one, other] = await keysOf(service);
    const rows = service.app.get(DataSource).getRepository(SigningKey);
    await rows.update({ kid: one?.kid }, { sealedPrivateKey: other?.sealedPrivateKey });
    await rows.update({ kid: other?.kid }, { sealedPrivateKey: one?.sealedPrivateKey });

    await expect(service.restart()).rejects.toThrow(/^Signing key .* will not unseal/);
  });

  for (const [fault, spoil] of [
    ['under another service secret', (sealed: string) => sealed],
    ['after one was altered', (sealed: string) => (sealed.startsWith('A') ? 'B' : 'A') + sealed.slice(1)],
    ['after one was cut short', (sealed: string) => sealed.slice(0, 20)],
  ] as const) {
    it(`stop the start ${fault}, with an error that says so`, async () => {
      const secret = fault.includes('another')
        ? 'another secret of 32 bytes or more'
        : 'a service secret of 32 bytes or more';
      const service = await startService({ LATCHKEY_SECRET: 'a service secret of 32 bytes or more' });
      onTestFinished(() => rmSync(service.dataDir, { recursive: true, force: true }));
      const [row] = await keysOf(service);
      const { kid = '', sealedPrivateKey = '' } = row ?? {};
      await service.app
        .get(DataSource)
        .getRepository(SigningKey)
        .update({ kid }, { sealedPrivateKey: spoil(sealedPrivateKey) });

      await expect(service.restart({ LATCHKEY_SECRET: secret })).rejects.toThrow(
        new ConfigError(
          `Signing key ${kid} will not unseal: it was stored under another service secret (LATCHKEY_SECRET).`,
        ),
      );
    });
  }
});
