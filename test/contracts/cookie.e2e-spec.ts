import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeAccount, deactivate } from '../support/accounts.js';
import { CookieClient, MOUNTS, refused, UNAUTHENTICATED, UNREADABLE } from '../support/cookie.client.js';
import { cookieToken, givenCookies, withCookie } from '../support/cookies.js';
import { type Answer, send, type Sending } from '../support/http.js';
import { algNone, decode, forged, signedByStranger, signedWithSecret } from '../support/jwt.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const UNKNOWN = refused(404, 'user not found');
const WRONG_PASSWORD = refused(401, 'wrong password');

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

describe.each(MOUNTS)('POST %s/users/login', (base) => {
  let client: CookieClient;

  beforeAll(() => {
    client = new CookieClient(service.url + base);
  });

  const login = (body?: Sending['body'], headers?: Sending['headers']): Promise<Answer> =>
    client.send('POST', '/users/login', { body, headers });

  it('sets the cookie, and answers who it is for', async () => {
    const { id, person } = await client.newcomer();

    const answer = await login({ username: person.username, password1: person.password });

    expect(whole(answer)).toEqual({ status: 200, body: { id, username: person.username, is_admin: false } });
    expect(givenCookies(answer)).toEqual([
      {
        name: 'token',
        value: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
        attributes: ['HttpOnly', 'Max-Age=3600', 'Path=/', 'SameSite=Lax'],
      },
    ]);
  });

  it('puts a JWT into the cookie that says who the user is', async () => {
    const { id, person, token } = await client.newcomer();

    const { header, claims } = decode(token);

    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) as string });
    expect(claims).toEqual({
      iss: 'http://latchkey.test',
      aud: 'http://latchkey.test',
      sub: String(id),
      client_id: 'cookie',
      sid: expect.any(String) as string,
      jti: expect.any(String) as string,
      iat: expect.any(Number) as number,
      exp: (claims.iat as number) + 3600,
      username: person.username,
      is_admin: false,
    });
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['half an object', '{"username":'],
    ['a form', 'username=alice&password1=x'],
    ['a list', '[]'],
    ['a text', '"alice"'],
    ['a number', '5'],
    ['null', 'null'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('cannot unmarshal %s', async (_, body) => {
    expect(whole(await login(body))).toEqual(UNREADABLE);
  });

  it.each(['username', 'password1', 'password'])('cannot unmarshal a %s that is no text', async (field) => {
    for (const value of [1, true, [], {}])
      expect(whole(await login({ username: 'nobody', [field]: value })), JSON.stringify(value)).toEqual(UNREADABLE);
  });

  it('reads JSON whatever its media type', async () => {
    const { person } = await client.newcomer();
    const body = JSON.stringify({ username: person.username, password1: person.password });

    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'json', ';;'])
      expect((await login(body, { 'content-type': type })).status, type).toBe(200);
    expect((await login(body)).status).toBe(200);
  });

  it.each([
    ['is unknown', newPerson().username],
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['is none that could be registered', 'no such name!'],
    ['has a NUL', 'ali\0ce'],
    ['has half of a surrogate pair', 'ali\ud800ce'],
    ['is longer than any', 'a'.repeat(151)],
  ])('answers 404 for a username that %s, whatever the password', async (_, username) => {
    for (const password1 of [undefined, null, '', 'Secret1234#', 'x'.repeat(1025)])
      expect(whole(await login({ username, password1 }))).toEqual(UNKNOWN);
  });

  it('looks the username up, never the e-mail address', async () => {
    const { person } = await client.newcomer();
    expect(whole(await login({ username: person.email, password1: person.password }))).toEqual(UNKNOWN);
  });

  it.each([
    ['is another', 'Secret1234!'],
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['has a NUL behind it', 'Secret1234#\0'],
    ['has half of a surrogate pair', '\ud800'],
    ['is longer than any', 'x'.repeat(1025)],
  ])('answers 401 for a password that %s', async (_, password1) => {
    const { person } = await client.newcomer();

    const answer = await login({ username: person.username, password1 });

    expect(whole(answer)).toEqual(WRONG_PASSWORD);
    expect(givenCookies(answer)).toEqual([]);
  });

  it('answers 401 to a pending account', async () => {
    const { person } = await client.newcomer();
    await changeAccount(service, person, { status: 'pending' });
    expect(whole(await client.login(person))).toEqual(WRONG_PASSWORD);
  });

  it('answers 401 to a deactivated account', async () => {
    const { person } = await client.newcomer();
    await deactivate(service, person);
    expect(whole(await client.login(person))).toEqual(WRONG_PASSWORD);
  });

  it('takes the username in any case, and answers it as registered', async () => {
    const { id, person } = await client.newcomer();
    expect(whole(await client.login({ ...person, username: person.username.toUpperCase() }))).toEqual({
      status: 200,
      body: { id, username: person.username, is_admin: false },
    });
  });

  it('takes the field password in the place of password1, which wins if there are both', async () => {
    const { username, password } = (await client.newcomer()).person;

    expect((await login({ username, password })).status).toBe(200);
    expect((await login({ username, password1: null, password })).status).toBe(200);
    expect((await login({ username, password1: password, password: 'x' })).status).toBe(200);
    expect(whole(await login({ username, password1: 'x', password }))).toEqual(WRONG_PASSWORD);
  });

  it('takes no credentials from the URL', async () => {
    const { username, password } = (await client.newcomer()).person;
    const query = new URLSearchParams({ username, password, password1: password });
    expect(whole(await client.send('POST', `/users/login?${query.toString()}`, { body: {} }))).toEqual(UNKNOWN);
  });
});

describe.each(MOUNTS)('GET %s/protected/me', (base) => {
  let client: CookieClient;

  beforeAll(() => {
    client = new CookieClient(service.url + base);
  });

  const me = (headers: Sending['headers']): Promise<Answer> => client.send('GET', '/protected/me', { headers });

  it('answers who the cookie is for', async () => {
    const { id, person, token } = await client.newcomer();

    const answer = await me(withCookie(token));

    expect(whole(answer)).toEqual({ status: 200, body: { id, username: person.username, is_admin: false } });
    expect(givenCookies(answer)).toEqual([]);
  });

  it('answers what the token says, even when the account has changed since', async () => {
    const { id, person, token } = await client.newcomer();
    await changeAccount(service, person, { isAdmin: true });

    const before = await me(withCookie(token));
    const after = await me(withCookie(cookieToken(await client.refresh(token))));

    expect(before.json).toEqual({ id, username: person.username, is_admin: false });
    expect(after.json).toEqual({ id, username: person.username, is_admin: true });
  });

  it('answers 401 without a cookie', async () => {
    expect(whole(await me({}))).toEqual(UNAUTHENTICATED);
    expect(whole(await me({ cookie: 'theme=dark' }))).toEqual(UNAUTHENTICATED);
  });

  it.each<[string, (token: string) => string]>([
    ['is empty', () => ''],
    ['is no JWT', () => 'rubbish'],
    ['has another signature', forged],
    ['has no signature', algNone],
    ['is signed by a stranger', signedByStranger],
    ['is signed with a secret', (token) => signedWithSecret(token, 'a secret that somebody guessed')],
    ['holds a token with something behind it', (token) => `${token}.x`],
  ])('answers 401 to a cookie that %s, and falls back to no header', async (_, spoil) => {
    const { token } = await client.newcomer();

    expect(whole(await me(withCookie(spoil(token))))).toEqual(UNAUTHENTICATED);
    expect(whole(await me({ ...withCookie(spoil(token)), authorization: `Bearer ${token}` }))).toEqual(UNAUTHENTICATED);
  });

  it('answers 401 to a deactivated account at once', async () => {
    const { person, token } = await client.newcomer();
    await deactivate(service, person);
    expect(whole(await me(withCookie(token)))).toEqual(UNAUTHENTICATED);
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('takes the token as %s when there is no cookie with one', async (scheme) => {
    const { id, person, token } = await client.newcomer();
    const who = { status: 200, body: { id, username: person.username, is_admin: false } };

    expect(whole(await me({ authorization: `${scheme} ${token}` }))).toEqual(who);
    expect(whole(await me({ authorization: `${scheme} ${token}`, cookie: 'theme=dark' }))).toEqual(who);
  });

  it.each<[string, (token: string) => string]>([
    ['without a scheme', (token) => token],
    ['under another scheme', (token) => `Token ${token}`],
    ['with another signature', (token) => `Bearer ${forged(token)}`],
    ['missing', () => 'Bearer'],
  ])('answers 401 to a token in the header that is %s', async (_, authorization) => {
    const { token } = await client.newcomer();
    expect(whole(await me({ authorization: authorization(token) }))).toEqual(UNAUTHENTICATED);
  });

  it('answers 401 to a token of another contract, in the cookie and in the header', async () => {
    const { username, password } = newPerson();
    const registered = await send('POST', `${service.url}/bare-token/auth/register`, { body: { username, password } });
    const { authToken } = registered.json as { authToken: string };

    expect(whole(await me(withCookie(authToken)))).toEqual(UNAUTHENTICATED);
    expect(whole(await me({ authorization: `Bearer ${authToken}` }))).toEqual(UNAUTHENTICATED);
  });
});
