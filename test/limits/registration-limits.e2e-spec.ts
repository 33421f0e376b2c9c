import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthError } from '../../src/errors/auth-error.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { byStatus } from '../support/guessing.js';
import { type Answer, send } from '../support/http.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const LIMIT = sized({ small: 15, full: 60 });
const cookie = DRIVERS.find(({ name }) => name === 'cookie') as Driver;

let service: Service;

beforeAll(async () => {
  service = await startService({ ...LIMITED, REGISTRATION_LIMIT: `${LIMIT}/1h` });
});
afterAll(() => service.stop());

function register(driver: Driver, ip: string, person: Person = driver.newPerson(), body?: object): Promise<Answer> {
  const { method, path, ...sending } = from(ip, driver.registration(person));
  return send(method, `${service.url}/${driver.name}${path}`, body ? { ...sending, body } : sending);
}

/** How many more registrations a network has, after which it has none. */
async function registrationsLeft(ip: string): Promise<number> {
  const driver = DRIVERS[0] as Driver;
  const answers = await Promise.all(Array.from({ length: LIMIT + 10 }, () => register(driver, ip)));
  return byStatus(answers)[200] ?? 0;
}

describe('the budget of registrations of a network', () => {
  it(`is ${LIMIT} an hour through all doors, however many come at once`, async () => {
    const ip = newNetwork();
    const answers = await Promise.all(
      Array.from({ length: LIMIT + 40 }, (_, i) => register(DRIVERS[i % DRIVERS.length] as Driver, ip)),
    );
    expect(byStatus(answers)[429]).toBe(40);
    for (const driver of DRIVERS) expect(whole(await register(driver, ip))).toEqual(driver.refusals.tooManyAttempts);
    expect((await register(cookie, newNetwork())).status).toBe(201);
    service.advance(3600);
    expect(await registrationsLeft(ip)).toBe(LIMIT);
  });

  it.each(DRIVERS)('loses one to a registration at $name, and one to a name that is taken', async (driver) => {
    const ip = newNetwork();
    const person = driver.newPerson();
    expect(whole(await register(driver, ip, person))).toEqual(driver.registered(person));
    await driver.activate?.(service, person);
    expect(whole(await register(driver, ip, person))).toEqual(driver.refusals.taken(person));
    expect(await registrationsLeft(ip)).toBe(LIMIT - 2);
  });

  it.each(DRIVERS)('loses nothing at $name to a body that breaks a rule', async (driver) => {
    const ip = newNetwork();
    expect((await register(driver, ip, driver.newPerson(), {})).status).toBeGreaterThanOrEqual(400);
    expect((await register(driver, ip, { ...driver.newPerson(), username: 'u\n', email: 'no' })).status).not.toBe(429);
    expect(await registrationsLeft(ip)).toBe(LIMIT);
  });

  it('loses nothing to a password that could not be hashed', async () => {
    const ip = newNetwork();
    const hash = vi.spyOn(service.app.get(HashingPool), 'hash');
    hash.mockRejectedValue(new AuthError('hashing_overloaded'));
    for (const driver of DRIVERS) expect(whole(await register(driver, ip))).toEqual(driver.refusals.storeFailing);
    hash.mockRestore();
    expect(await registrationsLeft(ip)).toBe(LIMIT);
  });

  it('is what it costs to ask cookie whether a name is free, with passwords that will not do', async () => {
    const ip = newNetwork();
    const taken = cookie.newPerson();
    await register(cookie, newNetwork(), taken);
    const probe = (person: Person): Promise<Answer> =>
      register(cookie, ip, person, { ...(cookie.registration(person).body as object), password2: 'Other1234#' });
    expect(whole(await probe(taken))).toEqual(cookie.refusals.taken(taken));
    expect(whole(await probe(cookie.newPerson()))).toEqual({
      status: 406,
      body: { message: 'passwords do not match' },
    });
    expect(await registrationsLeft(ip)).toBe(LIMIT - 2);
    expect(whole(await probe(taken))).toEqual(cookie.refusals.tooManyAttempts);
    expect(whole(await probe(cookie.newPerson()))).toEqual(cookie.refusals.tooManyAttempts);
  });

  it('is no hindrance to signing in', async () => {
    const ip = newNetwork();
    const person = cookie.newPerson();
    await register(cookie, newNetwork(), person);
    await registrationsLeft(ip);
    const { method, path, ...sending } = from(ip, cookie.signIn(person));
    expect((await send(method, `${service.url}/cookie${path}`, sending)).status).toBe(200);
  });
});
