import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../src/definitions.js';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { changeAccount } from '../support/accounts.js';
import { CookieClient } from '../support/cookie.client.js';
import { send } from '../support/http.js';
import { documentOf } from '../support/openapi.js';
import { newPerson, type Person } from '../support/people.js';
import { type Prefilled, prefilledOf } from '../support/prefilled.js';
import { type Service, startService } from '../support/service.js';

const NAMES = DEFINITIONS.map(({ name }) => name);

/** Acts that take nothing a document could prefill: whoever executes one has chosen it by its name. */
const BY_NAME = [
  'cookie: POST /users/logout',
  'cookie: POST /protected/refresh_token',
  'opaque-token: POST /clear-tokens',
  'basic: POST /api/v1.0/login',
  'basic: POST /api/v1.0/refresh',
  'native: DELETE /account/pin',
  'native: DELETE /account/sessions',
];

/** More than lock a PIN or spend the budget of a name. */
const TIMES = 12;

const PASSWORD = 'Secret1234A#';

let service: Service;

beforeAll(async () => {
  service = await startService({ LIMITS: 'on' });
});
afterAll(() => service.stop());

const prefilled = async (name: string): Promise<Prefilled[]> => prefilledOf((await documentOf(service, name)).document);

/** What is stored of accounts, their sessions and mails, but for the times that reading moves. */
async function stored(): Promise<unknown> {
  await service.app.get(MailDelivery).settled();
  const { manager } = service.app.get(DataSource);
  const queries = [
    'SELECT id, username, email, is_admin, status, password_hash, security_epoch, pin_hash, pin_failures FROM users ORDER BY id',
    'SELECT id, revoked_at, generation FROM sessions ORDER BY id',
    'SELECT * FROM one_time_tokens',
    'SELECT * FROM mails',
  ];
  return Promise.all(queries.map((query) => manager.query(query)));
}

/** An administrator with a PIN: the account that a prefilled id, name or PIN would hit. */
async function administrator(): Promise<Person> {
  const cookie = new CookieClient(`${service.url}/cookie`);
  const person = { ...newPerson(PASSWORD), username: 'myusername' };
  await cookie.register(person);
  await cookie.setPin(await cookie.session(person), { pin: 'PIN1' });
  await changeAccount(service, person, { isAdmin: true, emailVerifiedAt: new Date() });
  return person;
}

/** The administrator, or somebody new where a contract takes no such password. */
async function acceptable(driver: Driver, person: Person): Promise<Person> {
  if (driver.name !== 'opaque-token') return person;
  const somebody = driver.newPerson();
  const { method, path, ...sending } = driver.registration(somebody);
  await send(method, `${service.url}/${driver.name}${path}`, sending);
  return somebody;
}

/** The headers of a session of somebody, through one contract. */
async function signedIn(driver: Driver, person: Person): Promise<Readonly<Record<string, string>>> {
  const { method, path, ...sending } = driver.signIn(await acceptable(driver, person));
  const answer = await send(method, `${service.url}/${driver.name}${path}`, sending);
  return driver.guarded(driver.credential(answer)).headers ?? {};
}

describe.each(NAMES)('what Swagger UI prefills of %s', (name) => {
  it('is no value of an optional parameter but its default', async () => {
    const filled = (await prefilled(name)).flatMap(({ name: operation, parameters }) =>
      parameters
        .filter(({ required, value, schema }) => !required && value !== (schema as { default?: unknown }).default)
        .map((parameter) => `${operation} ${parameter.name}`),
    );
    expect(filled).toEqual([]);
  });

  it('is no password and no PIN', async () => {
    const secrets = (await prefilled(name)).flatMap(({ name: operation, body = {}, headers }) =>
      Object.entries({
        ...(typeof body === 'string' ? Object.fromEntries(new URLSearchParams(body)) : body),
        ...headers,
      })
        .filter(([field, value]) => /passw|pin$|secret/i.test(field) && value !== '')
        .map(([field]) => `${operation} ${field}`),
    );
    expect(secrets).toEqual([]);
  });
});

describe('every prefilled request', () => {
  it('has something to be filled in, or is known to be an act by its name', async () => {
    const acts = await Promise.all(
      NAMES.map(async (name) =>
        (await prefilled(name))
          .filter(({ method, body, isIncomplete }) => method !== 'GET' && body === undefined && !isIncomplete)
          .map((operation) => `${name}: ${operation.name}`),
      ),
    );
    expect(acts.flat()).toEqual(BY_NAME);
  });

  it(`changes nothing and filters nothing, ${TIMES} times, for an administrator with a PIN`, async () => {
    const person = await administrator();
    const sessions = await Promise.all(DRIVERS.map((driver) => signedIn(driver, person)));
    const before = await stored();
    for (const name of NAMES) {
      const index = DRIVERS.findIndex((driver) => driver.name === name);
      const authorized = sessions[index] ?? sessions[DRIVERS.findIndex((driver) => driver.name === 'token-pair')];
      for (const one of await prefilled(name)) {
        if (one.isIncomplete || BY_NAME.includes(`${name}: ${one.name}`)) continue;
        const sending = {
          headers: { ...authorized, ...one.headers },
          ...(one.body !== undefined && { body: one.body }),
        };
        for (let time = 0; time < TIMES; time++) await send(one.method, service.url + one.target, sending);
        expect([one.name, await stored()]).toEqual([one.name, before]);
      }
    }
  });
});
