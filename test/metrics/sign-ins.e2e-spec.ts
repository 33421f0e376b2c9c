import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { UsersService } from '../../src/users/users.service.js';
import type { Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { metricsOf } from '../support/exposition.js';
import { type Answer, send } from '../support/http.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ LIMITS: 'on', SIGN_IN_LIMIT: '3/15m', SIGN_IN_LIMIT_NETWORK: '1000/15m' });
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

const ask = (name: string, { method, path, ...sending }: Request): Promise<Answer> =>
  send(method, `${service.url}/${name}${path}`, sending);

/** An account, by the name that its contract made it with. */
async function idOf({ username, email }: Person): Promise<number> {
  const users = service.app.get(UsersService);
  const user = (await users.findByName('username', username)) ?? (await users.findByName('email', email));
  return user?.id ?? 0;
}

/** What the sign-ins of a contract were counted as so far, by result. */
async function counted(contract: string): Promise<Record<string, number>> {
  const samples = (await metricsOf(service)).get('latchkey_sign_ins_total')?.samples ?? [];
  return Object.fromEntries(
    samples.filter(({ labels }) => labels.contract === contract).map(({ labels, value }) => [labels.result, value]),
  );
}

describe.each(DRIVERS)('Sign-ins through $name', (driver) => {
  /** How the counts change while something is done; only those that do. */
  async function change(act: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await counted(driver.name);
    await act();
    const changes = Object.entries(await counted(driver.name)).map(
      ([result, value]) => [result, value - (before[result] ?? 0)] as const,
    );
    return Object.fromEntries(changes.filter(([, by]) => by !== 0));
  }

  const signIn = (person: Person): Promise<Answer> => ask(driver.name, driver.signIn(person));

  it('are counted once each, by contract and result', async () => {
    const person = driver.newPerson();
    await ask(driver.name, driver.registration(person));
    await driver.activate?.(service, person);
    const wrong = { ...person, password: person.password.replace('Secret', 'Wrong5') };

    expect(await change(() => signIn(person))).toEqual({ success: 1 });
    expect(await change(() => signIn(driver.newPerson()))).toEqual({ credentials_wrong: 1 });
    vi.spyOn(service.app.get(SessionsService), 'open').mockResolvedValueOnce(undefined);
    expect(await change(() => signIn(person))).toEqual({ credentials_wrong: 1 });
    expect(await change(() => signIn(wrong))).toEqual({ credentials_wrong: 1 });
    await service.app.get(RevocationService).deactivate(await idOf(person));
    expect(await change(() => signIn(person))).toEqual({ account_deactivated: 1 });
    expect(await change(() => signIn(wrong))).toEqual({ credentials_wrong: 1 });
    expect(await change(() => signIn(wrong))).toEqual({ too_many_attempts: 1 });
  });

  it('are not counted for a body that cannot be read, or for another contract', async () => {
    const others = DRIVERS.filter(({ name }) => name !== driver.name);
    const before = await Promise.all(others.map(({ name }) => counted(name)));
    expect(
      await change(() => ask(driver.name, { ...driver.signIn(driver.newPerson()), headers: {}, body: '[' })),
    ).toEqual({});
    await signIn(driver.newPerson());
    expect(await Promise.all(others.map(({ name }) => counted(name)))).toEqual(before);
  });
});
