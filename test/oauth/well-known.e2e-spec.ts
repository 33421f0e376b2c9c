import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { SigningKeysStore } from '../../src/tokens/signing-keys.store.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { signInThrough } from '../support/contract-tokens.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const ISSUER = 'http://latchkey.test';
const DAY = 86_400;
const JWKS = '/.well-known/jwks.json';
const PLACES = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

interface Jwks {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const jwksOf = async ({ url }: Service): Promise<Jwks> => (await send('GET', url + JWKS)).json as Jwks;
const kidsOf = async (of: Service): Promise<unknown[]> => (await jwksOf(of)).keys.map(({ kid }) => kid);

const metadataOf = (issuer: string): object => ({
  issuer,
  token_endpoint: `${issuer}/oauth/token`,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  introspection_endpoint: `${issuer}/oauth/introspect`,
  revocation_endpoint: `${issuer}/oauth/revoke`,
  service_documentation: `${issuer}/docs`,
  scopes_supported: ['introspect', 'introspect:refresh', 'revoke'],
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
  revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
});

describe('GET /.well-known/jwks.json', () => {
  const TEXT = expect.stringMatching(/^[\w-]{43}$/) as string;

  it('answers the public half of the key that signs, and lets caches keep it for ten minutes', async () => {
    const { access = '' } = await signInThrough(service, 'token-pair');
    const answer = await send('GET', service.url + JWKS);
    const { kid } = decode(access).header;
    expect(whole(answer)).toEqual({
      status: 200,
      body: { keys: [{ kty: 'EC', crv: 'P-256', x: TEXT, y: TEXT, kid, alg: 'ES256', use: 'sig' }] },
    });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=600',
      'access-control-allow-origin': '*',
    });
  });

  it('answers HEAD, and knows no other method', async () => {
    const head = await send('HEAD', service.url + JWKS);
    expect([head.status, head.text, head.headers['cache-control']]).toEqual([200, '', 'public, max-age=600']);
    const post = await send('POST', service.url + JWKS);
    expect([post.status, post.headers.allow, post.headers['cache-control']]).toEqual([405, 'GET, HEAD', 'no-store']);
  });

  it('has the next key an hour before it signs, the former until its last token has expired, and none that is withdrawn', async () => {
    const own = await startService();
    const rotation = own.app.get(KeyRotationService);
    const keepUp = rotation.keepUp.bind(rotation);
    // Its timer would publish another key as soon as the last one is withdrawn.
    vi.spyOn(rotation, 'keepUp').mockResolvedValue();
    const [first] = await kidsOf(own);

    own.advance(30 * DAY - 3600);
    await keepUp();
    const [, second] = await kidsOf(own);
    expect(await kidsOf(own)).toEqual([first, second]);
    expect(second).toEqual(TEXT);

    own.advance(3600);
    const { access = '' } = await signInThrough(own, 'token-pair');
    expect(decode(access).header.kid).toBe(second);

    own.advance(7 * DAY + 600);
    await keepUp();
    expect(await kidsOf(own)).toEqual([second]);

    await own.app.get(SigningKeysStore).revoke(second as string);
    await own.app.get(KeyRing).load();
    expect(await kidsOf(own)).toEqual([]);
    await own.stop();
  });

  it('answers an RSA key where the algorithm is RS256', async () => {
    const own = await startService({ JWT_ALGORITHM: 'RS256' });
    const { keys } = await jwksOf(own);
    await own.stop();
    const n = expect.stringMatching(/^[\w-]{342}$/) as string;
    expect(keys).toEqual([{ kty: 'RSA', n, e: 'AQAB', kid: TEXT, alg: 'RS256', use: 'sig' }]);
  });
});

describe.each(PLACES)('GET %s', (place) => {
  it('answers what clients have to know, for caches too', async () => {
    const answer = await send('GET', service.url + place);
    expect(whole(answer)).toEqual({ status: 200, body: metadataOf(ISSUER) });
    expect(answer.headers['cache-control']).toBe('public, max-age=600');
  });

  it('is not there behind a path that is not the issuer’s', async () => {
    for (const path of [`${place}/`, `${place}/auth`, `${place}x`])
      expect([path, (await send('GET', service.url + path)).status]).toEqual([path, 404]);
  });

  it('leaves out what there is none of', async () => {
    const { json } = await send('GET', service.url + place);
    expect(Object.values(json as object).filter((value) => value.length === 0)).toEqual([]);
  });

  it('is also where RFC 8414 and OpenID Connect Discovery put it for an issuer with a path', async () => {
    const issuer = 'https://example.com/auth/v1';
    const own = await startService({ PUBLIC_URL: issuer });
    for (const path of [place, `${place}/auth/v1`, `${place}/auth/v1?x`, `/auth/v1${place}`])
      expect(whole(await send('GET', own.url + path))).toEqual({ status: 200, body: metadataOf(issuer) });
    const others = [`${place}/auth`, `${place}/auth/v1/`, `${place}/auth/v12`, `${place}/auth/v1/x`];
    for (const path of others) expect([path, (await send('GET', own.url + path)).status]).toEqual([path, 404]);
    expect((await send('POST', `${own.url}${place}/auth/v1`)).status).toBe(405);
    await own.stop();
  });
});
