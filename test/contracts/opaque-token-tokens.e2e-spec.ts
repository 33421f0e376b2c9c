import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deactivate } from '../support/accounts.js';
import { BareTokenClient } from '../support/bare-token.client.js';
import { CookieClient } from '../support/cookie.client.js';
import { type Answer, send, type Sending } from '../support/http.js';
import {
  BAD_FORMAT,
  CHARACTERS,
  DONE,
  INVALID_JSON,
  MOUNTS,
  OpaqueTokenClient,
  PASSWORD_LENGTH,
  refused,
  told,
  UNAUTHORIZED,
  USABLE,
} from '../support/opaque-token.client.js';
import { PairClient } from '../support/pairs.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

const WRONG_OLD = refused(400, 'Incorrect old password');
const IDENTICAL = refused(400, 'New and old passwords are identical');

const STRANGE_TOKEN = 'A'.repeat(43);

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

/** Signs a person in through every other contract that takes the username, and answers how to ask each whether that still counts. */
async function signInElsewhere({ username, password }: Person): Promise<Record<string, () => Promise<number>>> {
  const cookie = new CookieClient(service.url);
  const pairs = new PairClient(service.url);
  const person = { username, password, email: '' };
  const token = await cookie.session(person);
  const bareToken = await new BareTokenClient(service.url).login({ username, password });
  const { authToken } = bareToken.json as { authToken: string };
  const pair = await pairs.session(person);
  const statusOf = async (answer: Promise<Answer>): Promise<number> => (await answer).status;
  return {
    'bare-token': () => statusOf(send('GET', `${service.url}/auth/refresh`, { headers: { authorization: authToken } })),
    'token-pair, access token': () => statusOf(pairs.getUser(pair.access)),
    'token-pair, refresh token': () => statusOf(pairs.refresh(pair.refresh)),
    cookie: () => statusOf(cookie.me(token)),
  };
}

/** What each of them answers. */
async function asked(questions: Record<string, () => Promise<number>>): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const [name, ask] of Object.entries(questions)) answers[name] = await ask();
  return answers;
}

const ALL_PASS = {
  'bare-token': 200,
  'token-pair, access token': 200,
  'token-pair, refresh token': 200,
  cookie: 200,
};
const ALL_REFUSED = {
  'bare-token': 401,
  'token-pair, access token': 401,
  'token-pair, refresh token': 401,
  cookie: 401,
};

describe.each(MOUNTS.flatMap((base) => [`${base}/change-password`, `${base}/clear-tokens`]))('POST %s', (path) => {
  const post = (headers: Sending['headers'], body: Sending['body'] = goodBody()): Promise<Answer> =>
    send('POST', `${service.url}${path}`, { headers, body });
  const goodBody = (): object => ({ old_password: 'Secret1234', new_password: 'Secret5678' });

  it.each<[string, Record<string, string>]>([
    ['no Authorization', {}],
    ['a token without a scheme', { authorization: STRANGE_TOKEN }],
    ['another scheme', { authorization: `Basic ${STRANGE_TOKEN}` }],
    ['a scheme that only begins like Bearer', { authorization: `Bearers ${STRANGE_TOKEN}` }],
    ['an empty Authorization', { authorization: '' }],
    ['a cookie', { cookie: `token=${STRANGE_TOKEN}` }],
  ])('answers 401 with WWW-Authenticate to %s', async (_, headers) => {
    const answer = await post(headers);

    expect(told(answer)).toEqual(UNAUTHORIZED);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each([
    ['nothing', ''],
    ['white space', '  '],
    ['42 characters', 'A'.repeat(42)],
    ['44 characters', 'A'.repeat(44)],
    ['43 characters of which one is none of base64url', `${'A'.repeat(42)}+`],
    ['a UUID without its hyphens', '0f8fad5bd9cb469fa16570867728950e'],
    ['a UUID with something behind it', '0f8fad5b-d9cb-469f-a165-70867728950e0'],
    ['two tokens', `${STRANGE_TOKEN} ${STRANGE_TOKEN}`],
    ['a JWT', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
  ])('answers 400 to %s for a token', async (_, token) => {
    expect(told(await post({ authorization: `Bearer ${token}` }))).toEqual(BAD_FORMAT);
  });

  it('answers 401 with WWW-Authenticate to a token that maps to no user', async () => {
    const answer = await post({ authorization: `Bearer ${STRANGE_TOKEN}` });

    expect(told(answer)).toEqual(UNAUTHORIZED);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('answers 401 to the token of a deactivated account', async () => {
    const { person, token } = await new OpaqueTokenClient(service.url).newcomer();
    await deactivate(service, person);
    expect(told(await post({ authorization: `Bearer ${token}` }))).toEqual(UNAUTHORIZED);
  });

  it.each(['bearer', 'BEARER', 'Bearer '])('takes the token under the scheme "%s" too', async (scheme) => {
    const { token } = await new OpaqueTokenClient(service.url).newcomer();
    expect(told(await post({ authorization: `${scheme} ${token}` }))).toEqual(DONE);
  });

  it('answers 400 to a token of another contract, which is of another form', async () => {
    const { token } = await new CookieClient(service.url).newcomer();
    expect(told(await post({ authorization: `Bearer ${token}` }))).toEqual(BAD_FORMAT);
  });
});

describe.each(MOUNTS)('POST %s/change-password', (base) => {
  let client: OpaqueTokenClient;

  beforeAll(() => {
    client = new OpaqueTokenClient(service.url + base);
  });

  const change = async (authorization: string | undefined, body?: Sending['body']): Promise<object> =>
    told(
      await client.send('POST', '/change-password', {
        headers: authorization === undefined ? {} : { authorization },
        body,
      }),
    );

  it('changes the password, and answers nothing', async () => {
    const { person, token } = await client.newcomer();

    const answer = await client.changePassword(token, person.password, 'Secret5678');

    expect(told(answer)).toEqual(DONE);
    expect(answer.headers['content-length']).toBe('0');
    expect(told(await client.login(person))).toEqual(refused(400, 'Bad login details'));
    expect((await client.login({ ...person, password: 'Secret5678' })).status).toBe(200);
  });

  it('keeps this token, and ends every other session, of whatever contract', async () => {
    const { person, token } = await client.newcomer();
    const other = await client.session(person);
    const elsewhere = await signInElsewhere(person);
    expect(await asked(elsewhere)).toEqual(ALL_PASS);

    await client.changePassword(token, person.password, 'Secret5678');

    expect(told(await client.use(token))).toEqual(USABLE);
    expect(told(await client.use(other))).toEqual(UNAUTHORIZED);
    expect(await asked(elsewhere)).toEqual(ALL_REFUSED);
  });

  it('changes nothing when it refuses', async () => {
    const { person, token } = await client.newcomer();
    const other = await client.session(person);

    expect(told(await client.changePassword(token, 'Secret9999', 'Secret5678'))).toEqual(WRONG_OLD);

    expect(told(await client.use(other))).toEqual(USABLE);
    expect((await client.login(person)).status).toBe(200);
  });

  it('changes the password back and forth with the same token', async () => {
    const { person, token } = await client.newcomer();

    expect(told(await client.changePassword(token, person.password, 'Secret5678'))).toEqual(DONE);
    expect(told(await client.changePassword(token, 'Secret5678', person.password))).toEqual(DONE);
    expect((await client.login(person)).status).toBe(200);
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['half an object', '{"old_password":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no old password', { new_password: 'x' }],
    ['no new password', { old_password: 'x' }],
    ['a null', { old_password: 'x', new_password: null }],
    ['a number', { old_password: 12345678, new_password: 'x' }],
  ])('takes %s for no JSON payload', async (_, body) => {
    const { token } = await client.newcomer();
    expect(await change(`Bearer ${token}`, body)).toEqual(INVALID_JSON);
  });

  it.each([
    ['is too short', 'Secret1'],
    ['is too long', 'a'.repeat(65)],
    ['is empty', ''],
  ])('refuses a password that %s, old or new', async (_, password) => {
    const { person, token } = await client.newcomer();

    expect(told(await client.changePassword(token, password, 'Secret5678'))).toEqual(PASSWORD_LENGTH);
    expect(told(await client.changePassword(token, person.password, password))).toEqual(PASSWORD_LENGTH);
    expect(told(await client.changePassword(token, 'Secret1234#', password))).toEqual(PASSWORD_LENGTH);
    expect(told(await client.changePassword(token, password, password))).toEqual(PASSWORD_LENGTH);
  });

  it('refuses characters other than ASCII letters and digits, old or new', async () => {
    const { person, token } = await client.newcomer();

    expect(told(await client.changePassword(token, 'Secret1234#', 'Secret5678'))).toEqual(CHARACTERS);
    expect(told(await client.changePassword(token, person.password, 'Secret5678é'))).toEqual(CHARACTERS);
    expect(told(await client.changePassword(token, 'Secret1234#', 'Secret1234#'))).toEqual(CHARACTERS);
  });

  it('refuses a new password that is the old one, also if that is not the password', async () => {
    const { person, token } = await client.newcomer();

    expect(told(await client.changePassword(token, person.password, person.password))).toEqual(IDENTICAL);
    expect(told(await client.changePassword(token, 'Secret9999', 'Secret9999'))).toEqual(IDENTICAL);
  });

  it('checks in the order of its table: header, JSON, lengths, characters, identity, token, old password', async () => {
    const { person, token } = await client.newcomer();
    const passwords = (old_password: unknown, new_password: unknown): object => ({ old_password, new_password });

    expect([
      await change(undefined, '{"half'),
      await change('Bearer !', '{"half'),
      await change('Bearer !', passwords(5, '#')),
      await change('Bearer !', passwords('#'.repeat(8), '#')),
      await change('Bearer !', passwords('#'.repeat(8), '#'.repeat(8))),
      await change('Bearer !', passwords('Secret9999', 'Secret9999')),
      await change('Bearer !', passwords('Secret9999', 'Secret5678')),
      await change(`Bearer ${STRANGE_TOKEN}`, passwords('Secret9999', 'Secret5678')),
      await change(`Bearer ${token}`, passwords('Secret9999', 'Secret5678')),
      await change(`Bearer ${token}`, passwords(person.password, 'Secret5678')),
    ]).toEqual([
      UNAUTHORIZED,
      INVALID_JSON,
      INVALID_JSON,
      PASSWORD_LENGTH,
      CHARACTERS,
      IDENTICAL,
      BAD_FORMAT,
      UNAUTHORIZED,
      WRONG_OLD,
      DONE,
    ]);
  });
});

describe.each(MOUNTS)('POST %s/clear-tokens', (base) => {
  let client: OpaqueTokenClient;

  beforeAll(() => {
    client = new OpaqueTokenClient(service.url + base);
  });

  it('ends every session of the account at once, of whatever contract, this one included', async () => {
    const { person, token } = await client.newcomer();
    const other = await client.session(person);
    const elsewhere = await signInElsewhere(person);
    expect(await asked(elsewhere)).toEqual(ALL_PASS);

    const answer = await client.clearTokens(token);

    expect(told(answer)).toEqual(DONE);
    expect(answer.headers['content-length']).toBe('0');
    expect(told(await client.use(token))).toEqual(UNAUTHORIZED);
    expect(told(await client.use(other))).toEqual(UNAUTHORIZED);
    expect(told(await client.clearTokens(token))).toEqual(UNAUTHORIZED);
    expect(await asked(elsewhere)).toEqual(ALL_REFUSED);
  });

  it('leaves the password as it was, and other accounts alone', async () => {
    const [one, other] = [await client.newcomer(), await client.newcomer()];

    await client.clearTokens(one.token);

    expect(told(await client.use(await client.session(one.person)))).toEqual(USABLE);
    expect(told(await client.use(other.token))).toEqual(USABLE);
  });

  it('asks for no body, and looks at none', async () => {
    const { token } = await client.newcomer();
    const sending = { headers: { authorization: `Bearer ${token}` }, body: '{"half' };
    expect(told(await client.send('POST', '/clear-tokens', sending))).toEqual(DONE);
  });
});
