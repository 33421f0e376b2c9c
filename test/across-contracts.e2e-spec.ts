import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, Request } from './drivers/driver.js';
import { DRIVERS } from './drivers/index.js';
import { type Answer, send } from './support/http.js';
import { newPerson, type Person } from './support/people.js';
import { type Service, startService } from './support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const driverOf = (name: string): Driver => DRIVERS.find((driver) => driver.name === name) as Driver;
const basic = driverOf('basic');

function ask(driver: Driver, { method, path, ...sending }: Request): Promise<Answer> {
  return send(method, `${service.url}/${driver.name}${path}`, sending);
}

async function signIn(driver: Driver, person: Person): Promise<{ status: number; body: unknown }> {
  const { status, json } = await ask(driver, driver.signIn(person));
  return { status, body: json };
}

/** Registers through a contract and does what it then asks for. */
async function member(driver: Driver, person: Person): Promise<void> {
  await ask(driver, driver.registration(person));
  await driver.activate?.(service, person);
}

/** Where an account made through a contract signs in: by username unless it was made by e-mail. */
const REACH = [
  { made: 'bare-token', opens: ['bare-token', 'token-pair', 'cookie', 'opaque-token'] },
  { made: 'token-pair', opens: ['bare-token', 'token-pair', 'cookie', 'opaque-token'] },
  { made: 'opaque-token', opens: ['bare-token', 'token-pair', 'cookie', 'opaque-token'] },
] as const;

describe.each(REACH)('an account made through $made', ({ made, opens }) => {
  it.each(opens)('signs in through %s', async (name) => {
    const person = newPerson();
    await member(driverOf(made), person);
    expect(await signIn(driverOf(name), person)).toEqual(driverOf(name).signedIn(person));
  });

  it('does not sign in through basic: it has no e-mail address', async () => {
    const person = newPerson();
    await member(driverOf(made), person);
    expect(await signIn(basic, person)).toEqual(basic.refusals.unknownAccount);
  });
});

/** How opaque-token refuses a wrong password beside a name or password that nobody could choose there. */
const DISALLOWED = {
  status: 400,
  body: { reason: 'A field contains dis-allowed characters. Alphanumeric only' },
};

describe('an account made through cookie', () => {
  const cookie = driverOf('cookie');

  it.each(['bare-token', 'token-pair', 'cookie'])('signs in through %s', async (name) => {
    const person = cookie.newPerson();
    await member(cookie, person);
    expect(await signIn(driverOf(name), person)).toEqual(driverOf(name).signedIn(person));
  });

  it('opens opaque-token too, whose alphabet only words the refusal of a wrong password', async () => {
    const person = cookie.newPerson();
    const opaque = driverOf('opaque-token');
    await member(cookie, person);
    expect(await signIn(opaque, person)).toEqual(opaque.signedIn(person));
    expect(await signIn(opaque, { ...person, password: `${person.password}#` })).toEqual(DISALLOWED);
  });

  it('signs in through basic once its e-mail is verified, and not before', async () => {
    const person = cookie.newPerson();
    await member(cookie, person);
    const unverified = { status: 403, body: { error: 'Unverified email address', statusCode: 403 } };
    expect(await signIn(basic, person)).toEqual(unverified);
    await basic.activate?.(service, person);
    expect(await signIn(basic, person)).toEqual(basic.signedIn(person));
  });
});

describe('an account made through basic', () => {
  it('is refused everywhere until its e-mail is verified', async () => {
    const person = newPerson();
    await ask(basic, basic.registration(person));
    const asUsername = { ...person, username: person.email };
    for (const name of ['bare-token', 'token-pair']) {
      expect(await signIn(driverOf(name), asUsername)).toEqual(driverOf(name).refusals.unknownAccount);
    }
    expect(await signIn(basic, person)).toEqual({
      status: 403,
      body: { error: 'Unverified email address', statusCode: 403 },
    });
  });

  it('takes its e-mail for its username when that is verified, and opens bare-token and token-pair', async () => {
    const person = newPerson();
    await member(basic, person);
    const asUsername = { ...person, username: person.email };
    for (const name of ['bare-token', 'token-pair']) {
      expect(await signIn(driverOf(name), asUsername)).toEqual(driverOf(name).signedIn(asUsername));
    }
  });

  it('opens cookie and opaque-token too, where nobody could choose such a name', async () => {
    const person = newPerson();
    await member(basic, person);
    const asUsername = { ...person, username: person.email };
    for (const name of ['cookie', 'opaque-token'])
      expect(await signIn(driverOf(name), asUsername)).toEqual(driverOf(name).signedIn(asUsername));
    expect(await signIn(driverOf('opaque-token'), { ...asUsername, password: 'Wrong1234' })).toEqual(DISALLOWED);
  });
});

describe('a username that looks like an e-mail address', () => {
  it('gives no claim on that address', async () => {
    const person = newPerson();
    await member(driverOf('bare-token'), { ...person, username: person.email });
    const owner = { ...person, password: 'Another1234' };
    expect(await ask(basic, basic.registration(owner))).toMatchObject({ status: 200 });
    expect(await signIn(basic, person)).toEqual(basic.refusals.wrongPassword);
  });
});

describe('POST /clear-tokens', () => {
  it('kills the tokens and cookies of every contract at once, and a new sign-in works', async () => {
    const opaque = driverOf('opaque-token');
    const person = newPerson();
    await member(opaque, person);
    const opened = await Promise.all(
      ['bare-token', 'token-pair', 'cookie', 'opaque-token'].map(async (name) => {
        const driver = driverOf(name);
        const signedIn = await ask(driver, driver.signIn(person));
        return { driver, signedIn, credential: driver.credential(signedIn) };
      }),
    );
    for (const { driver, credential } of opened) {
      expect(await passes(driver, credential, person)).toBe(true);
    }

    const token = opened.at(-1)?.credential ?? '';
    const cleared = await ask(opaque, {
      method: 'POST',
      path: '/clear-tokens',
      headers: { authorization: `Bearer ${token}` },
    });
    expect({ status: cleared.status, text: cleared.text }).toEqual({ status: 200, text: '' });

    for (const { driver, credential, signedIn } of opened) {
      expect(await passes(driver, credential, person)).toBe(false);
      if (driver.refresh) expect((await ask(driver, driver.refresh(signedIn))).status).toBe(401);
      expect(await signIn(driver, person)).toEqual(driver.signedIn(person));
    }
  });
});

async function passes(driver: Driver, credential: string, person: Person): Promise<boolean> {
  const { status, json } = await ask(driver, driver.guarded(credential));
  if (status === 401) return false;
  expect({ status, body: json }).toEqual(driver.passed(person));
  return true;
}
