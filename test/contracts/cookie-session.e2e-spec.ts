import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '../../src/config/clock.js';
import { deactivate } from '../support/accounts.js';
import { CookieClient, MOUNTS, UNAUTHENTICATED } from '../support/cookie.client.js';
import { cookieToken, givenCookies, withCookie } from '../support/cookies.js';
import type { Answer } from '../support/http.js';
import { decode, forged } from '../support/jwt.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import { whole } from '../support/whole.js';

const LIFETIME = { COOKIE_TOKEN_TTL: '1h', SESSION_MAX_AGE: '90m' };

/** What takes the cookie back. */
const TAKEN_BACK = {
  name: 'token',
  value: '',
  attributes: ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'HttpOnly', 'Max-Age=0', 'Path=/', 'SameSite=Lax'],
};

/** How long a token lives, in seconds. */
function lifetimeOf(token: string): number {
  const { exp, iat } = decode(token).claims as { exp: number; iat: number };
  return exp - iat;
}

/** How long a browser keeps the cookie of an answer, in seconds. */
function maxAgeOf(answer: Answer): number {
  const maxAge = givenCookies(answer)[0]?.attributes.find((attribute) => attribute.startsWith('Max-Age='));
  return Number(maxAge?.slice('Max-Age='.length));
}

let service: Service;

beforeAll(async () => {
  service = await startService(LIFETIME);
});

afterAll(() => service.stop());

describe.each(MOUNTS)('POST %s/protected/refresh_token', (base) => {
  let client: CookieClient;

  beforeAll(() => {
    client = new CookieClient(service.url + base);
  });

  it('sets a fresh cookie, and answers who it is for', async () => {
    const { id, person, token } = await client.newcomer();

    const answer = await client.refresh(token);

    expect(whole(answer)).toEqual({ status: 200, body: { id, username: person.username, is_admin: false } });
    expect(givenCookies(answer)).toEqual([
      {
        name: 'token',
        value: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
        attributes: ['HttpOnly', 'Max-Age=3600', 'Path=/', 'SameSite=Lax'],
      },
    ]);
    expect(cookieToken(answer)).not.toBe(token);
    expect((await client.me(cookieToken(answer))).status).toBe(200);
  });

  it('asks for no body, and looks at none', async () => {
    const { token } = await client.newcomer();
    const answer = await client.send('POST', '/protected/refresh_token', {
      headers: withCookie(token),
      body: '{"half',
    });
    expect(answer.status).toBe(200);
  });

  it('takes the token as Bearer when there is no cookie', async () => {
    const { token } = await client.newcomer();
    const headers = { authorization: `Bearer ${token}` };
    expect((await client.send('POST', '/protected/refresh_token', { headers })).status).toBe(200);
  });

  it.each<[string, (token: string) => Record<string, string>]>([
    ['no cookie', () => ({})],
    ['a forged cookie', (token) => withCookie(forged(token))],
    ['a forged cookie beside a good header', (token) => ({ ...withCookie(''), authorization: `Bearer ${token}` })],
  ])('answers 401 to %s, and sets no cookie', async (_, headers) => {
    const { token } = await client.newcomer();

    const answer = await client.send('POST', '/protected/refresh_token', { headers: headers(token) });

    expect(whole(answer)).toEqual(UNAUTHENTICATED);
    expect(givenCookies(answer)).toEqual([]);
  });

  it('leaves the old token valid until its own expiry', async () => {
    const { token } = await client.newcomer();
    service.advance(1800);
    const fresh = cookieToken(await client.refresh(token));

    const end = Number(decode(token).claims.exp) * 1000;
    await atTime(service, end - 1, async () => {
      expect((await client.me(token)).status).toBe(200);
      expect((await client.refresh(token)).status).toBe(200);
    });
    await atTime(service, end, async () => {
      expect(whole(await client.me(token))).toEqual(UNAUTHENTICATED);
      expect(whole(await client.refresh(token))).toEqual(UNAUTHENTICATED);
    });
    expect((await client.me(fresh)).status).toBe(200);
  });

  it('gives no token, and no cookie, that outlives the session', async () => {
    const start = service.app.get(Clock).nowMs();
    const { token } = await atTime(service, start, () => client.newcomer());
    const second = await atTime(service, start + 3_000_000, () => client.refresh(token));
    const third = await atTime(service, start + 4_800_000, () => client.refresh(cookieToken(second)));

    // 90 minutes less 50, and less 80.
    for (const [answer, seconds] of [
      [second, 2400],
      [third, 600],
    ] as const) {
      for (const given of [lifetimeOf(cookieToken(answer)), maxAgeOf(answer)]) expect(given).toBe(seconds);
    }

    service.advance(601);
    expect(whole(await client.me(cookieToken(third)))).toEqual(UNAUTHENTICATED);
    expect(whole(await client.refresh(cookieToken(third)))).toEqual(UNAUTHENTICATED);
  });

  it('refuses an account that was deactivated', async () => {
    const { person, token } = await client.newcomer();
    await deactivate(service, person);
    expect(whole(await client.refresh(token))).toEqual(UNAUTHENTICATED);
  });
});

describe.each(MOUNTS)('POST %s/users/logout', (base) => {
  let client: CookieClient;

  beforeAll(() => {
    client = new CookieClient(service.url + base);
  });

  it('takes the cookie back and answers nothing', async () => {
    const { token } = await client.newcomer();

    const answer = await client.logout(token);

    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(givenCookies(answer)).toEqual([TAKEN_BACK]);
  });

  it('ends the session with every token it was given, and no other session', async () => {
    const { person, token } = await client.newcomer();
    const refreshed = cookieToken(await client.refresh(token));
    const elsewhere = await client.session(person);

    await client.logout(refreshed);

    for (const ended of [token, refreshed]) {
      expect(whole(await client.me(ended))).toEqual(UNAUTHENTICATED);
      expect(whole(await client.refresh(ended))).toEqual(UNAUTHENTICATED);
    }
    expect((await client.me(elsewhere)).status).toBe(200);
  });

  it('ends the session of a token that comes as Bearer', async () => {
    const { token } = await client.newcomer();

    const answer = await client.send('POST', '/users/logout', { headers: { authorization: `Bearer ${token}` } });

    expect(answer.status).toBe(204);
    expect(whole(await client.me(token))).toEqual(UNAUTHENTICATED);
  });

  it('answers 401 without a valid cookie, also the second time', async () => {
    const { token } = await client.newcomer();

    expect(whole(await client.send('POST', '/users/logout'))).toEqual(UNAUTHENTICATED);
    expect(whole(await client.logout(forged(token)))).toEqual(UNAUTHENTICATED);
    await client.logout(token);
    expect(whole(await client.logout(token))).toEqual(UNAUTHENTICATED);
  });
});
