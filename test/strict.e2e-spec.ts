import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Expected, Request } from './drivers/driver.js';
import { DRIVERS } from './drivers/index.js';
import { opaqueToken } from './drivers/opaque-token.driver.js';
import { type Answer, send } from './support/http.js';
import { newPerson } from './support/people.js';
import { type Service, startService } from './support/service.js';

/** How each contract refuses a new password that its document would accept. */
const PASSWORD_INVALID: Readonly<Record<string, Expected>> = {
  'bare-token': { status: 400, body: { err: 'invalid password' } },
  'token-pair': { status: 400, body: { password: ['Enter a valid password.'] } },
  cookie: { status: 406, body: { message: 'invalid password' } },
  'opaque-token': { status: 400, body: { reason: 'Invalid password' } },
  basic: { status: 400, body: { error: 'Password is not acceptable', statusCode: 400 } },
};

/** What each contract says of seven characters: opaque-token's document asks for eight already. */
const TOO_SHORT: Readonly<Record<string, Expected>> = {
  ...PASSWORD_INVALID,
  'opaque-token': { status: 400, body: { reason: 'Password must be between 8 and 64 in length' } },
};

/** One of the most common passwords, as the document of a contract accepts it. */
const commonPasswordFor = (contract: string): string => (contract === 'cookie' ? 'P@ssw0rd' : 'Password1');

let service: Service;

describe('CONTRACT_STRICT=on', () => {
  beforeAll(async () => {
    service = await startService({ CONTRACT_STRICT: 'on' });
  });
  afterAll(() => service.stop());

  describe.each(DRIVERS)('$name', (driver) => {
    const ask = asker(driver.name);
    const special = driver.name === 'cookie' ? '#' : '';

    it('answers an unknown account as it answers a wrong password', async () => {
      const person = driver.newPerson();
      await ask(driver.registration(person));
      const wrong = await ask(driver.signIn({ ...person, password: `${person.password}A` }));
      expectAnswer(wrong, driver.refusals.wrongPassword);
      expectAnswer(await ask(driver.signIn(driver.newPerson())), driver.refusals.wrongPassword);
    });

    it('refuses a new password of seven characters', async () => {
      const person = newPerson(`Secre1${special || 't'}`);
      expectAnswer(await ask(driver.registration(person)), TOO_SHORT[driver.name]);
    });

    it('refuses a password that is among the most common ones, in any case of letters', async () => {
      const person = newPerson(commonPasswordFor(driver.name));
      expectAnswer(await ask(driver.registration(person)), PASSWORD_INVALID[driver.name]);
    });

    it('refuses a password that is little more than the name of the account or of the service', async () => {
      const person = newPerson();
      for (const name of [person.username, 'Latchkey']) {
        const registration = driver.registration({ ...person, password: `${name}2026A${special}` });
        expectAnswer(await ask(registration), PASSWORD_INVALID[driver.name]);
      }
    });

    it('registers with and signs in by any other password', async () => {
      const person = driver.newPerson();
      expectAnswer(await ask(driver.registration(person)), driver.registered(person));
      await driver.activate?.(service, person);
      expectAnswer(await ask(driver.signIn(person)), driver.signedIn(person));
    });
  });

  describe('opaque-token: POST /change-password', () => {
    it('refuses a password that is among the most common ones, and takes any other', async () => {
      expectAnswer(await changePassword('Password1'), PASSWORD_INVALID['opaque-token']);
      expectAnswer(await changePassword('Secret12345'), { status: 200, body: undefined });
    });
  });

  describe('opaque-token: a token in use', () => {
    it('ends 30 days after its sign-in, however much it is used', async () => {
      const ask = asker('opaque-token');
      const person = opaqueToken.newPerson();
      await ask(opaqueToken.registration(person));
      const token = opaqueToken.credential(await ask(opaqueToken.signIn(person)));
      for (const hours of [20 * 24, 9 * 24, 23]) {
        service.advance(hours * 3600);
        expectAnswer(await ask(opaqueToken.guarded(token)), opaqueToken.passed(person));
      }
      service.advance(2 * 3600);
      expectAnswer(await ask(opaqueToken.guarded(token)), opaqueToken.refusals.expiredToken);
    });
  });
});

describe('CONTRACT_STRICT=off', () => {
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const people = DRIVERS.map((driver) => ({ ...driver, driver, person: newPerson(commonPasswordFor(driver.name)) }));

  it.each(people)('takes what the document takes: $name', async ({ name, driver, person }) => {
    const ask = asker(name);
    expectAnswer(await ask(driver.registration(person)), driver.registered(person));
    await driver.activate?.(service, person);
    expectAnswer(await ask(driver.signIn(driver.newPerson())), driver.refusals.unknownAccount);
  });

  it('opaque-token: takes a common password for the new one', async () => {
    expectAnswer(await changePassword('Password1'), { status: 200, body: undefined });
  });

  it('lets everybody who has such a password go on signing in once it is on', async () => {
    service = await service.restart({ CONTRACT_STRICT: 'on' });
    for (const { name, driver, person } of people)
      expectAnswer(await asker(name)(driver.signIn(person)), driver.signedIn(person));
  });
});

/** Sends the requests of a contract. */
function asker(contract: string): (request: Request) => Promise<Answer> {
  return ({ method, path, ...sending }) => send(method, `${service.url}/${contract}${path}`, sending);
}

/** Changes the password of somebody new. */
async function changePassword(new_password: string): Promise<Answer> {
  const { username, password } = newPerson();
  const url = `${service.url}/opaque-token`;
  await send('POST', `${url}/register`, { body: { username, password } });
  const { json } = await send('POST', `${url}/login`, { body: { username, password } });
  const headers = { authorization: `Bearer ${(json as { token: string }).token}` };
  return send('POST', `${url}/change-password`, { headers, body: { old_password: password, new_password } });
}

function expectAnswer(answer: Answer, expected: Expected | undefined): void {
  expect({ status: answer.status, body: answer.json }).toEqual(expected);
}
