import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CookieClient, MOUNTS, refused, STRONG_PASSWORD, UNREADABLE } from '../support/cookie.client.js';
import { givenCookies } from '../support/cookies.js';
import { type Answer, send, type Sending } from '../support/http.js';
import { confirm } from '../support/outbox.js';
import { newPerson, type Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const BAD_USERNAME = refused(406, 'username must be 3 to 30 letters or digits');
const BAD_EMAIL = refused(406, 'email is not an address');
const USERNAME_TAKEN = refused(409, 'username is taken');
const EMAIL_TAKEN = refused(409, 'email is taken');
const MISMATCH = refused(406, 'passwords do not match');
const WEAK = refused(406, 'password needs 6 characters, an upper-case letter, a digit and a special character');
const UNACCEPTABLE = refused(406, 'password is not acceptable');

/** An e-mail address of that many characters, no part of it longer than its own limit. */
function longEmail(length: number): string {
  const host = `${'a'.repeat(55)}.`.repeat(4);
  return `${newPerson().username}@${host}`.padEnd(length - '.info'.length, 'a').concat('.info');
}

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

describe.each(MOUNTS)('POST %s/users/register', (base) => {
  let client: CookieClient;

  beforeAll(() => {
    client = new CookieClient(service.url + base);
  });

  const register = (body?: Sending['body'], headers?: Sending['headers']): Promise<Answer> =>
    client.send('POST', '/users/register', { body, headers });

  /** Somebody who registered and proved the address. */
  async function prover(): Promise<Person> {
    const person = newPerson(STRONG_PASSWORD);
    await client.register(person);
    await send('POST', `${service.url}/verify/resend`, { body: { email: person.email } });
    await confirm(service, person.email);
    return person;
  }

  /** A body that would be accepted. */
  function newBody(): Record<'username' | 'email' | 'password1' | 'password2', string> {
    const { username, email, password } = newPerson(STRONG_PASSWORD);
    return { username, email, password1: password, password2: password };
  }

  it('makes an account, answers who it is, and signs nobody in', async () => {
    const person = newPerson(STRONG_PASSWORD);

    const answer = await client.register(person);

    expect(whole(answer)).toEqual({
      status: 201,
      body: { id: expect.any(Number), username: person.username, is_admin: false },
    });
    expect(givenCookies(answer)).toEqual([]);
  });

  it('echoes the username as it was typed', async () => {
    const person = newPerson(STRONG_PASSWORD);

    expect((await client.register({ ...person, username: person.username.toUpperCase() })).json).toMatchObject({
      username: person.username.toUpperCase(),
    });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'json', ';;'])(
    'reads JSON from a body that calls itself %s',
    async (mediaType) => {
      const answer = await register(JSON.stringify(newBody()), { 'content-type': mediaType });
      expect(answer.status).toBe(201);
    },
  );

  it('reads JSON from a body that has no media type', async () => {
    expect((await register(JSON.stringify(newBody()))).status).toBe(201);
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['white space', '  \n'],
    ['half an object', '{"username":'],
    ['a form', 'username=alice&password1=x'],
    ['a list', '[]'],
    ['a text', '"alice"'],
    ['a number', '5'],
    ['null', 'null'],
    ['true', 'true'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('cannot unmarshal %s', async (_, body) => {
    expect(whole(await register(body))).toEqual(UNREADABLE);
  });

  it.each(['username', 'email', 'password1', 'password2'])('cannot unmarshal a %s that is no text', async (field) => {
    for (const value of [1, true, [], ['x'], {}])
      expect(whole(await register({ ...newBody(), [field]: value })), JSON.stringify(value)).toEqual(UNREADABLE);
  });

  it.each([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['has 2 characters', 'ab'],
    ['has 31 characters', 'a'.repeat(31)],
    ['has white space inside', 'al ice'],
    ['has white space before it', ' alice'],
    ['has white space behind it', 'alice\n'],
    ['has a hyphen', 'al-ice'],
    ['has an underscore', 'al_ice'],
    ['is an e-mail address', 'alice@example.com'],
    ['has a NUL', 'ali\0ce'],
    ['has a control character', 'ali\u0007ce'],
    ['has half of a surrogate pair', 'ali\ud800ce'],
    ['has an emoji', 'alice😀'],
  ])('refuses a username that %s', async (_, username) => {
    expect(whole(await register({ ...newBody(), username }))).toEqual(BAD_USERNAME);
  });

  it.each([
    ['3 characters', 3],
    ['30 characters', 30],
  ])('accepts a username of %s', async (_, length) => {
    const username = newPerson()
      .username.repeat(3)
      .slice(3, 3 + length);
    expect((await register({ ...newBody(), username })).status).toBe(201);
  });

  it('accepts letters and digits of any script', async () => {
    const username = `Łukasz٣字${newPerson().username}`;
    const answer = await register({ ...newBody(), username });
    expect(whole(answer)).toEqual({ status: 201, body: { id: expect.any(Number), username, is_admin: false } });
  });

  it.each([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['has no @', 'alice.example.com'],
    ['has nothing before the @', '@example.com'],
    ['has nothing behind the @', 'alice@'],
    ['has two @', 'alice@bob@example.com'],
    ['has no TLD', 'alice@localhost'],
    ['has a TLD of one letter', 'alice@example.c'],
    ['has a TLD of digits', 'alice@example.12'],
    ['is at an IP address', 'alice@[127.0.0.1]'],
    ['has white space inside', 'al ice@example.com'],
    ['has white space before it', ' alice@example.com'],
    ['has white space behind it', 'alice@example.com\n'],
    ['has a NUL', 'ali\0ce@example.com'],
    ['has half of a surrogate pair', 'ali\ud800ce@example.com'],
    ['has 255 characters', longEmail(255)],
  ])('refuses an e-mail address that %s', async (_, email) => {
    expect(whole(await register({ ...newBody(), email }))).toEqual(BAD_EMAIL);
  });

  it.each([
    ['in upper case', '@EXAMPLE.COM'],
    ['with a TLD of two letters', '@example.io'],
    ['with a long TLD', '@example.photography'],
    ['with a plus and dots', '.x+tag@mail.example.co.uk'],
    ['with a TLD in another script', '@пример.рф'],
    ['with a TLD in another script, written in ASCII', '@xn--e1afmkfd.xn--p1ai'],
  ])('accepts an e-mail address %s', async (_, rest) => {
    expect((await register({ ...newBody(), email: `${newPerson().username}${rest}` })).status).toBe(201);
  });

  it('accepts an e-mail address of 254 characters', async () => {
    expect((await register({ ...newBody(), email: longEmail(254) })).status).toBe(201);
  });

  it.each([
    ['as typed', (name: string) => name],
    ['in upper case', (name: string) => name.toUpperCase()],
    ['in full-width letters', (name: string) => name.replace('u', 'ｕ')],
  ])('answers 409 for a username that is taken, written %s', async (_, written) => {
    const person = newPerson(STRONG_PASSWORD);
    await client.register(person);

    expect(whole(await register({ ...newBody(), username: written(person.username) }))).toEqual(USERNAME_TAKEN);
  });

  it.each([
    ['as typed', (email: string) => email],
    ['in upper case', (email: string) => email.toUpperCase()],
  ])('answers 409 for an e-mail address that somebody proved, written %s', async (_, written) => {
    const person = await prover();

    expect(whole(await register({ ...newBody(), email: written(person.email) }))).toEqual(EMAIL_TAKEN);
  });

  it.each([
    ['differ', { password1: STRONG_PASSWORD, password2: `${STRONG_PASSWORD}2` }],
    ['differ in case', { password1: STRONG_PASSWORD, password2: STRONG_PASSWORD.toLowerCase() }],
    ['are one too few', { password1: STRONG_PASSWORD, password2: undefined }],
    ['are one and null', { password1: STRONG_PASSWORD, password2: null }],
  ])('refuses passwords that %s', async (_, passwords) => {
    expect(whole(await register({ ...newBody(), ...passwords }))).toEqual(MISMATCH);
  });

  it.each([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['has 5 characters', 'Ab1#x'],
    ['has no upper-case letter', 'secret1234#'],
    ['has no digit', 'SecretSecret#'],
    ['has no special character', 'Secret1234'],
    ['has white space for its only special character', 'Secret 1234\t'],
    ['has a letter of another script for its only special character', 'Secret1234ß'],
  ])('refuses a password that %s', async (_, password) => {
    expect(whole(await register({ ...newBody(), password1: password, password2: password }))).toEqual(WEAK);
  });

  it.each([
    ['of 6 characters', 'Ab1#xy'],
    ['with an upper-case letter of another script', 'élan1234#É'],
    ['with an emoji for its special character', 'Secret1234😀'],
    ['with white space in it', ' Secret 1234# '],
    ['of 1,024 bytes', `${STRONG_PASSWORD}${'x'.repeat(1024 - STRONG_PASSWORD.length)}`],
  ])('accepts a password %s', async (_, password) => {
    const body = { ...newBody(), password1: password, password2: password };
    expect((await register(body)).status).toBe(201);

    expect((await client.login({ ...body, password })).status).toBe(200);
  });

  it.each([
    ['has 1,025 bytes', `${STRONG_PASSWORD}${'x'.repeat(1025 - STRONG_PASSWORD.length)}`],
    ['has a NUL', `${STRONG_PASSWORD}\0`],
    ['has half of a surrogate pair', `${STRONG_PASSWORD}\ud800`],
  ])('refuses a password that %s', async (_, password) => {
    expect(whole(await register({ ...newBody(), password1: password, password2: password }))).toEqual(UNACCEPTABLE);
  });

  it('checks in the order of its table: one rule after the other, names that are taken before passwords', async () => {
    const taken = await prover();
    const { username, email } = newPerson();
    let body: Record<string, unknown> = { username: '!', email: '!', password1: 'a', password2: 5 };
    const answers: unknown[] = [];
    for (const repair of [
      {},
      { password2: 'b' },
      { username: taken.username, email: '!' },
      { email: taken.email },
      { username },
      { email },
      { password2: 'a' },
      { password1: STRONG_PASSWORD, password2: STRONG_PASSWORD },
    ]) {
      body = { ...body, ...repair };
      answers.push(whole(await register(body)));
    }

    expect(answers).toEqual([
      UNREADABLE,
      BAD_USERNAME,
      BAD_EMAIL,
      USERNAME_TAKEN,
      EMAIL_TAKEN,
      MISMATCH,
      WEAK,
      { status: 201, body: { id: expect.any(Number), username, is_admin: false } },
    ]);
  });

  it('takes no fields but its own', async () => {
    const body = newBody();
    const answer = await register({ ...body, is_admin: true, id: 7, status: 'pending' });
    expect(whole(answer)).toEqual({
      status: 201,
      body: { id: expect.any(Number), username: body.username, is_admin: false },
    });
  });
});
