import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CookieClient, MOUNTS, STRONG_PASSWORD, UNAUTHENTICATED } from '../support/cookie.client.js';
import { cookieToken, givenCookies, withCookie } from '../support/cookies.js';
import type { Answer } from '../support/http.js';
import { documentOf, undocumented } from '../support/openapi.js';
import { newPerson, type Person } from '../support/people.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

interface Row {
  readonly env: Environment;
  readonly name: string;
  readonly maxAge?: number;
  readonly rest: readonly string[];
}

const HTTPS = { PUBLIC_URL: 'https://latchkey.test' };

const ROWS: readonly Row[] = [
  { env: {}, name: 'token', rest: ['SameSite=Lax'] },
  { env: HTTPS, name: '__Host-token', rest: ['SameSite=Lax', 'Secure'] },
  { env: { COOKIE_SECURE: 'true' }, name: '__Host-token', rest: ['SameSite=Lax', 'Secure'] },
  { env: { ...HTTPS, COOKIE_SECURE: 'false' }, name: 'token', rest: ['SameSite=Lax'] },
  { env: { COOKIE_NAME: 'session', COOKIE_TOKEN_TTL: '15m' }, name: 'session', maxAge: 900, rest: ['SameSite=Lax'] },
  { env: { ...HTTPS, COOKIE_NAME: 'session' }, name: '__Host-session', rest: ['SameSite=Lax', 'Secure'] },
  { env: { ...HTTPS, COOKIE_SAMESITE: 'none' }, name: '__Host-token', rest: ['SameSite=None', 'Secure'] },
  {
    env: { ...HTTPS, COOKIE_SAMESITE: 'none', COOKIE_PARTITIONED: 'on' },
    name: '__Host-token',
    rest: ['Partitioned', 'SameSite=None', 'Secure'],
  },
  { env: { COOKIE_SAMESITE: 'strict' }, name: 'token', rest: ['SameSite=Strict'] },
];

describe.each(ROWS)('the cookie with $env', ({ env, name, maxAge = 3600, rest }) => {
  let service: Service;
  let person: Person;
  let token: string;

  beforeAll(async () => {
    service = await startService(env);
    ({ person, token } = await new CookieClient(service.url).newcomer());
  });

  afterAll(() => service.stop());

  /** What was set before `COOKIE_PARTITIONED` was, which is taken back first. */
  const unpartitioned = rest.includes('Partitioned')
    ? [
        {
          name,
          value: '',
          attributes: ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'HttpOnly', 'Path=/', ...rest]
            .filter((attribute) => attribute !== 'Partitioned')
            .sort(),
        },
      ]
    : [];

  it.each(MOUNTS)('is what %s/users/login and protected/refresh_token set', async (base) => {
    const client = new CookieClient(service.url + base);
    const expected = [
      ...unpartitioned,
      {
        name,
        value: expect.any(String) as string,
        attributes: ['HttpOnly', `Max-Age=${maxAge}`, 'Path=/', ...rest].sort(),
      },
    ];

    expect(givenCookies(await client.login(person))).toEqual(expected);
    expect(givenCookies(await refresh(client))).toEqual(expected);
  });

  it('is the one that opens the protected routes, under its whole name', async () => {
    const client = new CookieClient(service.url);
    const me = (cookie: string): Promise<Answer> =>
      client.send('GET', '/protected/me', { headers: withCookie(token, cookie) });

    expect((await me(name)).status).toBe(200);
    expect(whole(await me(name.startsWith('__Host-') ? name.slice('__Host-'.length) : `__Host-${name}`))).toEqual(
      UNAUTHENTICATED,
    );
  });

  it.each(MOUNTS)('is taken back by %s/users/logout with the same attributes', async (base) => {
    const client = new CookieClient(service.url + base);
    const headers = withCookie(await client.session(person), name);

    expect(givenCookies(await client.send('POST', '/users/logout', { headers }))).toEqual([
      ...unpartitioned,
      {
        name,
        value: '',
        attributes: ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'HttpOnly', 'Max-Age=0', 'Path=/', ...rest].sort(),
      },
    ]);
  });

  it('does not depend on the scheme of the single request', async () => {
    const client = new CookieClient(service.url);
    const sending = {
      headers: { 'x-forwarded-proto': rest.includes('Secure') ? 'http' : 'https', forwarded: 'proto=https' },
      body: { username: person.username, password1: person.password },
    };

    expect(givenCookies(await client.send('POST', '/users/login', sending))).toEqual(
      givenCookies(await client.login(person)).map((cookie) => ({ ...cookie, value: expect.any(String) as string })),
    );
  });

  async function refresh(client: CookieClient): Promise<Answer> {
    return client.send('POST', '/protected/refresh_token', { headers: withCookie(token, name) });
  }
});

describe('COOKIE_TOKEN_IN_BODY=on', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ COOKIE_TOKEN_IN_BODY: 'on' });
  });

  afterAll(() => service.stop());

  it.each(MOUNTS)(
    'adds what the cookie holds to the answers of %s/users/login and protected/refresh_token',
    async (base) => {
      const client = new CookieClient(service.url + base);
      const { id, person, token } = await client.newcomer();
      const me = { id, username: person.username, is_admin: false };

      for (const answer of [await client.login(person), await client.refresh(token)]) {
        const given = cookieToken(answer);
        expect(whole(answer)).toEqual({ status: 200, body: { ...me, token: given } });
        const headers = { authorization: `Bearer ${given}` };
        expect(whole(await client.send('GET', '/protected/me', { headers }))).toEqual({ status: 200, body: me });
      }
    },
  );

  it('adds it to no other answer', async () => {
    const client = new CookieClient(service.url);
    const person = newPerson(STRONG_PASSWORD);
    const me = { id: expect.any(Number) as number, username: person.username, is_admin: false };

    expect(whole(await client.register(person))).toEqual({ status: 201, body: me });
    const token = await client.session(person);
    expect(whole(await client.me(token))).toEqual({ status: 200, body: me });
    expect(whole(await client.setPin(token, { pin: 'PIN2' }))).toEqual({ status: 200, body: { message: 'pin set' } });
  });

  it('is in the OpenAPI document', async () => {
    const client = new CookieClient(service.url);
    const { person, token } = await client.newcomer();
    const { document } = await documentOf(service, 'cookie');

    expect(undocumented(document, 'POST', '/users/login', await client.login(person))).toEqual([]);
    expect(undocumented(document, 'POST', '/protected/refresh_token', await client.refresh(token))).toEqual([]);
  });
});
