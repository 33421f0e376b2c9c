import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountOf } from '../support/accounts.js';
import { CookieClient, MOUNTS, refused, type SignedIn, STRONG_PASSWORD } from '../support/cookie.client.js';
import { givenCookies, withCookie } from '../support/cookies.js';
import { crossOrigin, listed, preflight, readers } from '../support/cors.js';
import type { Answer, Sending } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

type Headers = Readonly<Record<string, string>>;

const FRONT_END = 'https://app.example';
const CROSS_SITE = refused(403, 'cross-site request refused');

/** The headers with which a request passes; HOST stands for the address that the request goes to. */
const PASSING: Headers[] = [
  {},
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'none', origin: 'null' },
  { origin: 'http://latchkey.test' },
  { origin: 'http://HOST' },
  { origin: FRONT_END },
  { origin: 'http://localhost:5173' },
  { 'sec-fetch-site': 'same-site', origin: 'http://latchkey.test' },
  { 'sec-fetch-site': 'cross-site', origin: 'http://HOST' },
  { 'sec-fetch-site': 'cross-site', origin: FRONT_END },
];

/** The headers with which a request is refused. */
const REFUSED: Headers[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'something-new' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'nonsense' },
  { origin: 'https://latchkey.test' },
  { origin: 'http://latchkey.test:8080' },
  { origin: 'http://api.latchkey.test' },
  { origin: 'http://latchkey.test.evil.example' },
  { origin: 'http://127.0.0.1' },
  { origin: `${FRONT_END}.evil.example` },
  { origin: 'http://app.example' },
  { 'sec-fetch-site': 'same-site', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'cross-site', origin: 'null' },
];

let service: Service;

beforeAll(async () => {
  service = await startService({ CORS_ORIGINS: `${FRONT_END}, http://localhost:5173` });
});

afterAll(() => service.stop());

describe.each(MOUNTS)('requests of other sites to %s/', (base) => {
  let client: CookieClient;
  let signedIn: SignedIn;

  beforeAll(async () => {
    client = new CookieClient(service.url + base);
    signedIn = await client.newcomer();
  });

  /** Asks with headers of a browser beside a request's own. */
  function ask(headers: Headers, path: string, { headers: own, body }: Sending): Promise<Answer> {
    const host = new URL(service.url).host;
    const ofBrowser = Object.entries(headers).map(([name, value]) => [name, value.replace('HOST', host)] as const);
    return client.send('POST', path, { headers: { ...own, ...Object.fromEntries(ofBrowser) }, body });
  }

  const register = (headers: Headers, person = newPerson(STRONG_PASSWORD)): Promise<Answer> => {
    const { username, email, password } = person;
    return ask(headers, '/users/register', { body: { username, email, password1: password, password2: password } });
  };
  const login = (headers: Headers): Promise<Answer> => {
    const { username, password } = signedIn.person;
    return ask(headers, '/users/login', { body: { username, password1: password } });
  };
  const logout = (headers: Headers, token: string): Promise<Answer> =>
    ask(headers, '/users/logout', { headers: withCookie(token) });
  const refresh = (headers: Headers): Promise<Answer> =>
    ask(headers, '/protected/refresh_token', { headers: withCookie(signedIn.token) });
  const setPin = (headers: Headers, token: string): Promise<Answer> =>
    ask(headers, '/protected/pin', { headers: withCookie(token), body: { pin: 'PIN2' } });

  it.each(PASSING)('pass with %j', async (headers) => {
    const another = await client.newcomer();

    expect((await register(headers)).status).toBe(201);
    expect((await login(headers)).status).toBe(200);
    expect((await refresh(headers)).status).toBe(200);
    expect((await setPin(headers, another.token)).status).toBe(200);
    expect((await logout(headers, another.token)).status).toBe(204);
  });

  it.each(REFUSED)('are refused with %j, and do nothing', async (headers) => {
    const person = newPerson(STRONG_PASSWORD);
    const { token } = signedIn;

    for (const answer of [
      await register(headers, person),
      await login(headers),
      await refresh(headers),
      await setPin(headers, token),
      await logout(headers, token),
    ]) {
      expect(whole(answer)).toEqual(CROSS_SITE);
      expect(givenCookies(answer)).toEqual([]);
    }

    expect(whole(await client.login(person))).toEqual(refused(404, 'user not found'));
    expect((await accountOf(service, signedIn.person)).pinHash).toBeNull();
    expect((await client.me(token)).status).toBe(200);
  });

  it('are refused before body and cookie are looked at, and with a token in the header too', async () => {
    const headers = { origin: 'https://evil.example' };

    expect(whole(await ask(headers, '/users/login', { body: '{"half' }))).toEqual(CROSS_SITE);
    expect(whole(await ask(headers, '/protected/refresh_token', {}))).toEqual(CROSS_SITE);
    expect(
      whole(await ask(headers, '/protected/refresh_token', { headers: { authorization: `Bearer ${signedIn.token}` } })),
    ).toEqual(CROSS_SITE);
  });

  it('may read, which changes nothing', async () => {
    const headers = { ...withCookie(signedIn.token), 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect((await client.send('GET', '/protected/me', { headers })).status).toBe(200);
  });
});

describe.each(MOUNTS)('CORS at %s/', (base) => {
  const routes = [
    ['POST', '/users/register'],
    ['POST', '/users/login'],
    ['POST', '/users/logout'],
    ['GET', '/protected/me'],
    ['POST', '/protected/refresh_token'],
    ['POST', '/protected/pin'],
  ] as const;

  it.each(routes)('lets the origins in CORS_ORIGINS ask %s %s with their cookies', async (method, path) => {
    for (const origin of [FRONT_END, 'http://localhost:5173']) {
      const answer = await preflight(`${service.url}${base}${path}`, origin, method);

      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(readers(answer)).toEqual({ origin, credentials: 'true' });
      expect(answer.headers.vary).toBe('Origin, Access-Control-Request-Headers');
      expect(listed(answer.headers['access-control-allow-methods'])).toContain(method.toLowerCase());
      expect(listed(answer.headers['access-control-allow-headers'])).toEqual(['authorization', 'content-type']);
    }
  });

  it.each(routes)('lets no other origin ask %s %s', async (method, path) => {
    for (const origin of ['https://evil.example', 'null', 'http://latchkey.test.evil.example', `${FRONT_END}:8443`]) {
      const answer = await preflight(`${service.url}${base}${path}`, origin, method);
      expect(answer.status).toBe(204);
      expect(crossOrigin(answer)).toEqual({ vary: 'Origin, Access-Control-Request-Headers' });
    }
  });

  it('lets the pages of those origins, and of no others, read the answers', async () => {
    const client = new CookieClient(service.url + base);
    const { token } = await client.newcomer();
    const me = (origin: string, cookie: string): Promise<Answer> =>
      client.send('GET', '/protected/me', { headers: { ...withCookie(cookie), origin } });

    const [own, refusal, foreign] = [
      await me(FRONT_END, token),
      await me(FRONT_END, 'rubbish'),
      await me('https://evil.example', token),
    ];

    expect([own.status, readers(own)]).toEqual([200, { origin: FRONT_END, credentials: 'true' }]);
    expect([refusal.status, readers(refusal)]).toEqual([401, { origin: FRONT_END, credentials: 'true' }]);
    expect(crossOrigin(foreign)).toEqual({ vary: 'Origin' });
    for (const answer of [own, refusal]) expect(answer.headers.vary).toBe('Origin');
  });
});

describe('without CORS_ORIGINS', () => {
  let closed: Service;

  beforeAll(async () => {
    closed = await startService();
  });

  afterAll(() => closed.stop());

  it.each(MOUNTS)('no page of another origin uses %s/', async (base) => {
    const client = new CookieClient(closed.url + base);
    const { person } = await client.newcomer();

    const answer = await client.send('POST', '/users/login', {
      headers: { origin: FRONT_END },
      body: { username: person.username, password1: person.password },
    });

    expect(whole(answer)).toEqual(CROSS_SITE);
    expect(readers(answer).origin).toBeUndefined();
    expect(readers(await preflight(`${closed.url}${base}/users/login`, FRONT_END, 'POST')).origin).toBeUndefined();
  });
});
