import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthError } from '../../src/errors/auth-error.js';
import { RevocationFeed } from '../../src/tokens/revocation-feed.js';
import { signInThrough } from '../support/contract-tokens.js';
import { CookieClient, MOUNTS, refused, type SignedIn, UNAUTHENTICATED } from '../support/cookie.client.js';
import { givenCookies } from '../support/cookies.js';
import { type Answer, send } from '../support/http.js';
import { forged, signedByStranger } from '../support/jwt.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';
import { whole } from '../support/whole.js';

let service: Service;
let client: CookieClient;

beforeAll(async () => {
  service = await startService();
  client = new CookieClient(service.url);
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

/** The header of a browser that has several cookies of the name. */
const several = (...values: string[]): { cookie: string } => ({
  cookie: values.map((value) => `token=${value}`).join('; '),
});

const meOf = ({ id, person }: SignedIn): object => ({
  status: 200,
  body: { id, username: person.username, is_admin: false },
});

/** What other software, or another time, leaves in a cookie of the name. */
const WORTHLESS: readonly [string, (token: string) => Promise<string> | string][] = [
  ['nothing', () => ''],
  ['what is no token', () => 'deadbeef'],
  ['a forged token', forged],
  ["a stranger's token", signedByStranger],
  ['a token of another contract', async () => (await signInThrough(service, 'bare-token')).access as string],
  ['a refresh token', async () => (await signInThrough(service, 'token-pair')).refresh as string],
  [
    'the token of a session that ended',
    async () => {
      const { token } = await client.newcomer();
      await client.logout(token);
      return token;
    },
  ],
  [
    'an expired token',
    async () => {
      const { token } = await client.newcomer();
      service.advance(3601);
      return token;
    },
  ],
];

describe.each(MOUNTS)('several cookies of the name at %s/', (base) => {
  const ask = (method: string, path: string, headers: Record<string, string>): Promise<Answer> =>
    send(method, `${service.url}${base}${path}`, { headers });

  it.each(WORTHLESS)('count by the first valid one: %s comes before or after', async (_what, worthless) => {
    const value = await worthless((await client.newcomer()).token);
    const signedIn = await client.newcomer();
    const { token } = signedIn;
    // Asked again, the token is known.
    for (const values of [
      [value, token],
      [token, value],
      [value, value, token],
      [value, token],
    ])
      expect(whole(await ask('GET', '/protected/me', several(...values)))).toEqual(meOf(signedIn));
    expect(whole(await ask('GET', '/protected/me', several(value, value)))).toEqual(UNAUTHENTICATED);
  });

  it('count by the first, if more than one is valid, and end together', async () => {
    const [first, second] = [await client.newcomer(), await client.newcomer()];
    const headers = several(first.token, second.token);
    for (let times = 0; times < 2; times++)
      expect(whole(await ask('GET', '/protected/me', headers))).toEqual(meOf(first));
    expect((await ask('POST', '/users/logout', headers)).status).toBe(204);
    for (const { token } of [first, second]) expect((await client.me(token)).status).toBe(401);
  });

  it('may refresh and sign out', async () => {
    const { token } = await client.newcomer();
    const headers = several('deadbeef', token);
    const refreshed = await ask('POST', '/protected/refresh_token', headers);
    expect([refreshed.status, givenCookies(refreshed)]).toEqual([200, [expect.objectContaining({ name: 'token' })]]);
    const signedOut = await ask('POST', '/users/logout', headers);
    expect([signedOut.status, givenCookies(signedOut)]).toEqual([
      204,
      [expect.objectContaining({ name: 'token', value: '' })],
    ]);
    expect(whole(await ask('GET', '/protected/me', headers))).toEqual(UNAUTHENTICATED);
  });

  it('are looked at until the fifth that may be a token', async () => {
    const signedIn = await client.newcomer();
    const fourOthers = ['a', 'b', 'c', 'd'].map((end) => forged(signedIn.token) + end);
    expect(whole(await ask('GET', '/protected/me', several(...fourOthers, signedIn.token)))).toEqual(meOf(signedIn));
    const sixth = several(...fourOthers, forged(signedIn.token), signedIn.token);
    expect(whole(await ask('GET', '/protected/me', sixth))).toEqual(UNAUTHENTICATED);
    const noTokens = Array.from({ length: 20 }, (_, index) => `a${index}`);
    expect(whole(await ask('GET', '/protected/me', several(...noTokens, signedIn.token)))).toEqual(meOf(signedIn));
    const cookiesOfOthers = Array.from({ length: 100 }, (_, index) => `other${index}=a`).join('; ');
    const headers = { cookie: `${cookiesOfOthers}; ${several('a', signedIn.token).cookie}` };
    expect(whole(await ask('GET', '/protected/me', headers))).toEqual(meOf(signedIn));
  });

  it('leave a token in the header aside, whatever they hold', async () => {
    const { token } = await client.newcomer();
    const headers = { ...several('a', 'b'), authorization: `Bearer ${token}` };
    expect(whole(await ask('GET', '/protected/me', headers))).toEqual(UNAUTHENTICATED);
  });

  it('are refused to other sites, like one', async () => {
    const { token } = await client.newcomer();
    const headers = { ...several('a', token), origin: 'https://evil.example' };
    expect(whole(await ask('POST', '/users/logout', headers))).toEqual(refused(403, 'cross-site request refused'));
  });

  it('cost no statement', async () => {
    const { token } = await client.newcomer();
    const statements = recordStatements(service);
    for (let times = 0; times < 3; times++)
      expect((await ask('GET', '/protected/me', several(forged(token), 'a', token))).status).toBe(200);
    expect(statements).toEqual([]);
  });

  it('are not judged while it cannot be told which of them is valid', async () => {
    const { token } = await client.newcomer();
    const feed = service.app.get(RevocationFeed);
    vi.spyOn(feed, 'isFresh', 'get').mockReturnValue(false);
    vi.spyOn(feed, 'demandFresh').mockRejectedValue(new AuthError('store_unavailable'));
    for (const values of [
      ['a', token],
      [token, 'a'],
    ])
      expect(whole(await ask('GET', '/protected/me', several(...values)))).toEqual(refused(503, 'service unavailable'));
  });
});

describe('a cookie', () => {
  const me = (cookie: string): Promise<Answer> => client.send('GET', '/protected/me', { headers: { cookie } });

  it('may be quoted, as RFC 6265 allows it', async () => {
    const signedIn = await client.newcomer();
    const { token } = signedIn;
    for (const cookie of [`token="${token}"`, `a="b"; token="${token}"; c=d`, `token="a"; token="${token}"`])
      for (let times = 0; times < 2; times++) expect(whole(await me(cookie))).toEqual(meOf(signedIn));
  });

  it.each([
    ['half a pair of quotes', (token: string) => `token="${token}`],
    ['the other half', (token: string) => `token=${token}"`],
    ['two pairs', (token: string) => `token=""${token}""`],
    ['quotes about its name too', (token: string) => `"token=${token}"`],
    ['a name in another case', (token: string) => `Token=${token}`],
    ['a longer name', (token: string) => `xtoken=${token}; tokens=${token}; __Host-token=${token}`],
    ['no name', (token: string) => `=${token}; ${token}; token`],
  ])('is none of ours with %s', async (_what, header) => {
    const { token } = await client.newcomer();
    expect(whole(await me(header(token)))).toEqual(UNAUTHENTICATED);
  });

  it('is found in a header of any spelling', async () => {
    const signedIn = await client.newcomer();
    const { token } = signedIn;
    for (const cookie of [`token=${token};`, `;;token=${token}`, `a;token=${token};b`, `a=b;\ttoken=${token} ;`])
      expect(whole(await me(cookie))).toEqual(meOf(signedIn));
  });
});

describe('several cookies of the name at the native routes', () => {
  it('count by the first valid one', async () => {
    const { id, token } = await client.newcomer();
    const headers = several('a', forged(token), `"${token}"`);
    const account = await send('GET', `${service.url}/account`, { headers });
    expect(account).toMatchObject({ status: 200, json: { id } });
    const ended = await send('DELETE', `${service.url}/account/sessions/current`, { headers });
    expect([ended.status, givenCookies(ended)]).toEqual([204, [expect.objectContaining({ name: 'token', value: '' })]]);
    expect((await client.me(token)).status).toBe(401);
  });

  it('are refused as the first of them is', async () => {
    const { token } = await client.newcomer();
    await client.logout(token);
    const account = await send('GET', `${service.url}/account`, { headers: several(token, 'a') });
    expect(whole(account)).toEqual(problem('token_revoked'));
  });

  it('change nothing for a page of another site', async () => {
    const { token } = await client.newcomer();
    const headers = { ...several('a', token), origin: 'https://evil.example' };
    const answer = await send('DELETE', `${service.url}/account/sessions/current`, { headers });
    expect(whole(answer)).toEqual(problem('cross_site_request'));
  });
});
