import { createHash } from 'node:crypto';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../src/tokens/session.entity.js';
import { accountOf, changeAccount, deactivate } from '../support/accounts.js';
import { CookieClient } from '../support/cookie.client.js';
import type { Sending } from '../support/http.js';
import {
  CHARACTERS,
  DONE,
  INVALID_JSON,
  MOUNTS,
  OpaqueTokenClient,
  PASSWORD_LENGTH,
  refused,
  told,
  USABLE,
  USERNAME_LENGTH,
} from '../support/opaque-token.client.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

const BAD_LOGIN = refused(400, 'Bad login details');
const TAKEN = refused(400, 'Username is already taken');

const TOKEN = expect.stringMatching(/^[\w-]{43}$/) as string;

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

describe.each(MOUNTS.flatMap((base) => [`${base}/register`, `${base}/login`]))('POST %s', (path) => {
  const post = async (body?: Sending['body'], headers?: Sending['headers']): Promise<object> =>
    told(await new OpaqueTokenClient(service.url).send('POST', path, { body, headers }));

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['half an object', '{"username":'],
    ['an object with something behind it', '{"username":"alice","password":"Secret1234"} x'],
    ['a form', 'username=alice&password=Secret1234'],
    ['a list', '["alice","Secret1234"]'],
    ['a text', '"alice"'],
    ['a number', '5'],
    ['null', 'null'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('takes %s for no JSON payload', async (_, body) => {
    expect(await post(body)).toEqual(INVALID_JSON);
  });

  it.each([
    ['misses both fields', {}],
    ['misses the username', { password: 'x' }],
    ['misses the password', { username: 'x' }],
    ['has a null for the username', { username: null, password: 'x' }],
    ['has a null for the password', { username: 'x', password: null }],
    ['has a number for the username', { username: 12345, password: 'x' }],
    ['has a list for the password', { username: 'x', password: ['Secret1234'] }],
    ['has objects for fields', { username: {}, password: {} }],
  ])('takes a body for no JSON payload that %s', async (_, body) => {
    expect(await post(body)).toEqual(INVALID_JSON);
  });

  it.each([
    ['is empty', ''],
    ['has 3 characters', 'abc'],
    ['has 65 characters', 'a'.repeat(65)],
    ['has 3 characters, none of them allowed', '!!!'],
    ['has 3 emoji', '😀😀😀'],
  ])('refuses a username that %s, whatever the password', async (_, username) => {
    for (const password of ['Secret1234', 'short', '!', '!'.repeat(65)])
      expect(await post({ username, password })).toEqual(USERNAME_LENGTH);
  });

  it.each([
    ['is empty', ''],
    ['has 7 characters', 'Secret1'],
    ['has 65 characters', 'a'.repeat(65)],
    ['has 7 characters, none of them allowed', '!!!!!!!'],
  ])('refuses a password that %s, whatever the characters of the username', async (_, password) => {
    for (const username of ['alice', '!!!!']) expect(await post({ username, password })).toEqual(PASSWORD_LENGTH);
  });

  it.each([
    ['white space', 'alice smith', 'Secret 1234'],
    ['white space at an end', 'alice ', 'Secret1234\n'],
    ['punctuation', 'alice_', 'Secret1234#'],
    ['a letter of another script', 'alicé', 'Secret1234ß'],
    ['a digit of another script', 'alice٣', 'Secret1234３'],
    ['a NUL', 'ali\0ce', 'Secret\x001234'],
    ['half of a surrogate pair', 'ali\ud800ce', 'Secret1234\ud800'],
    ['an emoji', 'alice😀', 'Secret1234😀'],
  ])('refuses %s in either field', async (_, username, password) => {
    expect(await post({ username, password: 'Secret1234' })).toEqual(CHARACTERS);
    expect(await post({ username: 'alice', password })).toEqual(CHARACTERS);
    expect(await post({ username, password })).toEqual(CHARACTERS);
  });
});

describe.each(MOUNTS)('POST %s/register', (base) => {
  let client: OpaqueTokenClient;

  beforeAll(() => {
    client = new OpaqueTokenClient(service.url + base);
  });

  it('makes an account, and answers nothing', async () => {
    const person = newPerson();

    const answer = await client.register(person);

    expect(told(answer)).toEqual(DONE);
    expect(answer.headers['content-length']).toBe('0');
    expect(told(await client.login(person))).toEqual({ status: 200, reason: 'OK', body: { token: TOKEN } });
  });

  it('accepts the shortest and the longest of both fields', async () => {
    const letter = base === '' ? 'a' : 'b';
    expect(told(await client.register({ ...newPerson('Secret12'), username: letter.repeat(4) }))).toEqual(DONE);
    expect(told(await client.register({ ...newPerson('9'.repeat(64)), username: letter.repeat(64) }))).toEqual(DONE);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'json', ';;'])(
    'reads JSON from a body that calls itself %s',
    async (mediaType) => {
      const { username, password } = newPerson();
      const sending = { headers: { 'content-type': mediaType }, body: JSON.stringify({ username, password }) };
      expect(told(await client.send('POST', '/register', sending))).toEqual(DONE);
    },
  );

  it.each([
    ['as typed', (name: string) => name],
    ['in upper case', (name: string) => name.toUpperCase()],
  ])('refuses a username that is taken, written %s', async (_, written) => {
    const { person } = await client.newcomer();
    expect(told(await client.register({ ...newPerson(), username: written(person.username) }))).toEqual(TAKEN);
  });

  it('refuses a username that was taken through another contract', async () => {
    const { person } = await new CookieClient(service.url).newcomer();
    expect(told(await client.register({ ...person, password: 'Secret1234' }))).toEqual(TAKEN);
  });

  it('looks at the fields before it says that a username is taken', async () => {
    const { person } = await client.newcomer();

    expect(told(await client.register({ ...person, password: 'short' }))).toEqual(PASSWORD_LENGTH);
    expect(told(await client.register({ ...person, password: 'Secret1234#' }))).toEqual(CHARACTERS);
  });
});

describe.each(MOUNTS)('POST %s/login', (base) => {
  let client: OpaqueTokenClient;

  beforeAll(() => {
    client = new OpaqueTokenClient(service.url + base);
  });

  it('answers an unknown account and a wrong password alike', async () => {
    const { person } = await client.newcomer();

    const [unknown, wrong] = [
      await client.login(newPerson()),
      await client.login({ ...person, password: 'Secret9999' }),
    ];

    expect(told(unknown)).toEqual(BAD_LOGIN);
    expect(told(wrong)).toEqual(BAD_LOGIN);
    expect(Object.keys(unknown.headers)).toEqual(Object.keys(wrong.headers));
  });

  it('answers pending and deactivated accounts as it answers a wrong password', async () => {
    const [pending, deactivated] = [await client.newcomer(), await client.newcomer()];
    await changeAccount(service, pending.person, { status: 'pending' });
    await deactivate(service, deactivated.person);

    expect(told(await client.login(pending.person))).toEqual(BAD_LOGIN);
    expect(told(await client.login(deactivated.person))).toEqual(BAD_LOGIN);
  });

  it('takes the username in any case', async () => {
    const { person } = await client.newcomer();
    expect((await client.login({ ...person, username: person.username.toUpperCase() })).status).toBe(200);
  });

  it('takes no credentials from the URL', async () => {
    const { username, password } = (await client.newcomer()).person;
    const query = new URLSearchParams({ username, password });
    expect(told(await client.send('POST', `/login?${query.toString()}`, { body: {} }))).toEqual(INVALID_JSON);
  });

  it('gives another token each time, and all of them count', async () => {
    const { person } = await client.newcomer();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => client.session(person)));

    expect(new Set(tokens).size).toBe(10);
    for (const token of tokens) expect(told(await client.use(token))).toEqual(USABLE);
  });

  it('stores nothing of a token but its SHA-256', async () => {
    const { person, token } = await client.newcomer();
    const { id } = await accountOf(service, person);

    const sessions = await service.app.get(DataSource).getRepository(Session).findBy({ userId: id });

    expect(sessions.map(({ secretHash }) => secretHash)).toEqual([createHash('sha256').update(token).digest('hex')]);
    expect(JSON.stringify(sessions)).not.toContain(token);
    expect(JSON.stringify(service.log)).not.toContain(token);
  });
});
