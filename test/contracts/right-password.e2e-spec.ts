import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { DRIVERS } from '../drivers/index.js';
import { changeAccount } from '../support/accounts.js';
import { type Answer, form, send } from '../support/http.js';
import {
  CHARACTERS,
  DONE,
  MOUNTS,
  OpaqueTokenClient,
  PASSWORD_LENGTH,
  refused,
  told,
  UNAUTHORIZED,
  USERNAME_LENGTH,
} from '../support/opaque-token.client.js';
import { newPerson, type Person } from '../support/people.js';
import { resetUrl, setPassword, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const BY_USERNAME = DRIVERS.filter(({ name }) => name !== 'basic');
const WRONG_OLD = refused(400, 'Incorrect old password');
const BAD_LOGIN = refused(400, 'Bad login details');

/** What one contract or another lets people choose, and one or another does not. */
const PASSWORDS = {
  'with punctuation': 'Correct-Horse-9',
  short: 'Aa1!a',
  'over 64 characters': 'Horse-Battery-9'.repeat(6),
  'of 1,024 bytes': 'é'.repeat(512),
  'with control characters': 'Tab\tand\nline 9',
  'of white space': ' \t \u3000    ',
  'with white space around it': '  Correct Horse 9 ',
  'with a byte order mark': '\uFEFFSecret1234',
};

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

const signIn = (driver: (typeof DRIVERS)[number], person: Person): Promise<Answer> => {
  const { method, path, ...sending } = driver.signIn(person);
  return send(method, `${service.url}/${driver.name}${path}`, sending);
};

/** Somebody with that password, and a name that is his alone. */
async function ownerOf(password: string, name = newPerson().username): Promise<Person> {
  const person = { ...newPerson(password), username: name };
  const { passwordHash } = await registered(password);
  await service.app.get(UsersService).insert({ username: name, passwordHash, status: 'active' });
  return person;
}

/** An account that token-pair let choose its password, or an operator's import where that does not. */
async function registered(password: string): Promise<User> {
  const { username } = newPerson();
  const sending = form({ username, password: password.trim() === '' ? 'Secret1234' : password });
  expect((await send('POST', `${service.url}/token-pair/auth/register`, sending)).status).toBe(201);
  const users = service.app.get(DataSource).getRepository(User);
  if (password.trim() === '') {
    const url = await resetUrl(service, (await verified(username)).email);
    expect((await setPassword(url, password)).status).toBe(200);
  }
  return users.findOneByOrFail({ username });
}

async function verified(username: string): Promise<Person> {
  const person = { ...newPerson(), username };
  await changeAccount(service, person, { email: person.email, emailKey: person.email, emailVerifiedAt: new Date() });
  return person;
}

describe.each(BY_USERNAME)('$name', (driver) => {
  it.each(Object.entries(PASSWORDS))('opens to a right password %s', async (_what, password) => {
    const person = await ownerOf(password);
    expect(whole(await signIn(driver, person))).toEqual(driver.signedIn(person));
    expect((await signIn(driver, { ...person, password: `${password}x` })).status).toBeGreaterThanOrEqual(400);
  });

  it.each([
    ['short', 'ab'],
    ['of another alphabet', 'Jürgen Müller 7'],
    ['like an address', 'jo.doe+1@example.com'],
    ['of 150 characters', `${'x'.repeat(140)}-987654321`],
    ['with invisible characters, as once were accepted', 'al\u200bi\u00adce'],
  ])('opens to a right password under a name %s', async (_what, name) => {
    const username = name === 'ab' ? `${driver.name.slice(0, 1)}!` : `${driver.name.slice(0, 2)}${name.slice(2)}`;
    const person = await ownerOf('Correct-Horse-9', username);
    expect(whole(await signIn(driver, person))).toEqual(driver.signedIn(person));
  });

  it('opens to a password that was chosen on the page of a mailed link', async () => {
    const person = await verifiedPerson(service);
    expect((await setPassword(await resetUrl(service, person.email), 'Correct-Horse-9')).status).toBe(200);
    expect((await signIn(driver, { ...person, password: 'Correct-Horse-9' })).status).toBe(200);
  });

  it.each([...Object.values(PASSWORDS), 'é'.repeat(513), 'Secret\u0000', 'Secret\ud800'])(
    'refuses the wrong password %j after equal work, in the words for known and unknown names alike',
    async (password) => {
      const known = await ownerOf('Secret1234');
      const compare = vi.spyOn(service.app.get(HashingPool), 'compare');
      const tried: [number, unknown, number][] = [];
      for (const { username } of [known, newPerson()]) {
        const { status, json } = await signIn(driver, { ...known, username, password });
        tried.push([status, json, compare.mock.calls.splice(0).length]);
      }
      const [ofKnown, ofUnknown] = tried;
      expect(ofKnown?.[2]).toBe(1);
      expect(ofUnknown?.[2]).toBe(1);
      // One contract's document tells the two apart.
      if (driver.name !== 'cookie') expect(ofUnknown).toEqual(ofKnown);
    },
  );
});

describe.each(MOUNTS)('opaque-token at %s', (mount) => {
  const client = (): OpaqueTokenClient => new OpaqueTokenClient(service.url + mount);

  it('says of a wrong name or password first what registering would say of it', async () => {
    const { username } = await ownerOf('Correct-Horse-9');
    const login = async (name: string, password: string): Promise<object> =>
      told(await client().login({ ...newPerson(password), username: name }));
    expect([
      await login('ab', 'short'),
      await login(username, 'short'),
      await login(username, 'Correct-Horse-8'),
      await login(username, 'CorrectHorse8'),
      await login('nobody', 'Correct-Horse-9'),
    ]).toEqual([USERNAME_LENGTH, PASSWORD_LENGTH, CHARACTERS, BAD_LOGIN, CHARACTERS]);
  });

  it('says of the right password of an account that may not be used what it says of a wrong one', async () => {
    const person = await ownerOf('Correct-Horse-9');
    for (const status of ['pending', 'deactivated'] as const) {
      await changeAccount(service, person, { status });
      expect(told(await client().login(person))).toEqual(CHARACTERS);
    }
  });

  it('changes a password that it would not have accepted, and words a wrong old one by its rules', async () => {
    const person = await ownerOf('Correct-Horse-9');
    const token = await client().session(person);
    const change = async (old: string, next: string): Promise<object> =>
      told(await client().changePassword(token, old, next));
    expect([
      await change('short', 'Secret5678'),
      await change('Correct-Horse-8', 'Secret5678'),
      await change('CorrectHorse8', 'Secret5678'),
      await change('Correct-Horse-9', 'Correct-Horse-8'),
      await change('Correct-Horse-9', 'Secret5678'),
      told(await client().login({ ...person, password: 'Secret5678' })),
    ]).toEqual([
      PASSWORD_LENGTH,
      CHARACTERS,
      WRONG_OLD,
      CHARACTERS,
      DONE,
      { status: 200, reason: 'OK', body: { token: expect.any(String) as string } },
    ]);
  });

  it('tells a token that counts no more before it looks at the old password', async () => {
    expect(told(await client().changePassword('A'.repeat(43), 'short', 'Secret5678'))).toEqual(UNAUTHORIZED);
  });
});
