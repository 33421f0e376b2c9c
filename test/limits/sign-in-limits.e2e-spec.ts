import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { AuthError } from '../../src/errors/auth-error.js';
import { KnownNetwork } from '../../src/limits/known-network.entity.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { UsersService } from '../../src/users/users.service.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { byStatus, Guessing, guessesLeft } from '../support/guessing.js';
import { type Answer, send } from '../support/http.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import type { Person } from '../support/people.js';
import { startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';
import { whole } from '../support/whole.js';

const [bareToken, , cookie, opaqueToken, basic] = DRIVERS as [Driver, Driver, Driver, Driver, Driver];
const MINUTES = 60;
const DAYS = 86_400;

let they: Guessing;

beforeAll(async () => {
  they = new Guessing(await startService(LIMITED));
});
afterAll(() => they.service.stop());

async function idOf({ username, email }: Person): Promise<number> {
  const users = they.service.app.get(UsersService);
  const user = (await users.findByName('username', username)) ?? (await users.findByName('email', email));
  return user?.id ?? 0;
}

describe('the budget of an account in a network', () => {
  it('is one for a /24, for a /64, and for an address that is written otherwise', async () => {
    for (const [one, same, other] of [
      ['192.0.2.1', '192.0.2.254', '192.0.3.1'],
      ['2001:db8:1:1::1', '2001:db8:1:1:ffff::9', '2001:db8:1:2::1'],
      ['198.51.100.1', '::ffff:198.51.100.9', '198.51.101.1'],
    ] as const) {
      const person = bareToken.newPerson();
      await they.guesses(10, bareToken, person, one);
      expect((await they.guess(bareToken, person, same)).status).toBe(429);
      expect((await they.guess(bareToken, person, other)).status).toBe(401);
    }
  });

  /** Somebody who registered by an address alone, and has not verified it. */
  async function pending(): Promise<Person> {
    const person = basic.newPerson();
    await send('POST', `${they.service.url}/basic/api/v1.0/register`, from(newNetwork(), { body: person }));
    return person;
  }

  async function deactivated(): Promise<Person> {
    const person = await they.member(bareToken);
    await they.service.app.get(RevocationService).deactivate(await idOf(person));
    return person;
  }

  it.each([
    ['deactivated', bareToken, deactivated],
    ['pending', basic, pending],
    ['of an unverified address', basic, () => they.member(cookie)],
  ])('loses nothing to the right password of an account that is %s', async (_why, driver, make) => {
    const person = await make();
    const ip = newNetwork();
    const answers: Answer[] = [];
    for (let i = 0; i < 12; i++) answers.push(await they.signIn(driver, person, ip));
    expect(byStatus(answers)).toEqual({ [driver.refusals.deactivated.status]: 12 });
    expect(await guessesLeft(they, driver, person, ip)).toBe(10);
  });

  it('loses nothing to passwords that were never compared, for want of a thread', async () => {
    const person = await they.member(bareToken);
    const ip = newNetwork();
    const compare = vi.spyOn(they.service.app.get(HashingPool), 'compare');
    compare.mockRejectedValue(new AuthError('hashing_overloaded'));
    const answers: Answer[] = [];
    for (let i = 0; i < 12; i++) answers.push(await they.guess(bareToken, person, ip));
    compare.mockRestore();
    expect(byStatus(answers)).toEqual({ 503: 12 });
    expect(await guessesLeft(they, bareToken, person, ip)).toBe(10);
  });

  it('is spent by wrong old passwords of one who is signed in, and bounds them', async () => {
    const person = await they.member(opaqueToken);
    const ip = newNetwork();
    const token = opaqueToken.credential(await they.signIn(opaqueToken, person, ip));
    const { method, path, ...sending } = opaqueToken.guarded(token);
    const change = (body: object): Promise<Answer> =>
      send(method, `${they.service.url}/opaque-token${path}`, from(ip, { ...sending, body }));
    const wrong = { old_password: 'NotMyPassword1', new_password: 'NotMyPassword2' };

    const answers = await Promise.all(Array.from({ length: 30 }, () => change(wrong)));

    expect(byStatus(answers)).toEqual({ 400: 10, 429: 20 });
    const right = { old_password: person.password, new_password: 'NotMyPassword2' };
    expect(whole(await change(right))).toEqual(opaqueToken.refusals.tooManyAttempts);
    expect((await they.signIn(bareToken, person, ip)).status).toBe(429);
    they.service.advance(15 * MINUTES);
    expect((await change(right)).status).toBe(200);
    const renewed = { ...person, password: 'NotMyPassword2' };
    expect(await guessesLeft(they, bareToken, renewed, ip)).toBe(10);
  });

  it('gives back an old password that could not be compared', async () => {
    const person = await they.member(opaqueToken);
    const ip = newNetwork();
    const token = opaqueToken.credential(await they.signIn(opaqueToken, person, ip));
    const { method, path, ...sending } = from(ip, opaqueToken.guarded(token));
    const compare = vi.spyOn(they.service.app.get(HashingPool), 'compare');
    compare.mockRejectedValue(new AuthError('hashing_overloaded'));
    for (let i = 0; i < 12; i++)
      expect((await send(method, `${they.service.url}/opaque-token${path}`, sending)).status).toBe(503);
    compare.mockRestore();
    expect(await guessesLeft(they, opaqueToken, person, ip)).toBe(10);
  });

  it('is kept through a restart', async () => {
    const person = await they.member(bareToken);
    const ip = newNetwork();
    await they.guesses(7, bareToken, person, ip);
    they = new Guessing(await they.service.restart());
    expect(await guessesLeft(they, bareToken, person, ip)).toBe(3);
  });
});

describe('networks that an account knows', () => {
  it('are those that it signed in from, remembered for 30 days and through a stop', async () => {
    const person = await they.member(bareToken);
    const [home, away] = [newNetwork(), newNetwork()];
    await they.signIn(bareToken, person, home);
    they = new Guessing(await they.service.restart());
    const shutOut = async (): Promise<(number | undefined)[]> => {
      const strangers = Array.from({ length: 10 }, () => they.guesses(10, bareToken, person, newNetwork()));
      await Promise.all(strangers);
      return [(await they.signIn(bareToken, person, home)).status, (await they.signIn(bareToken, person, away)).status];
    };
    expect(await shutOut()).toEqual([200, 429]);
    await they.service.app.get(KnownNetworks).flush();
    they.service.advance(30 * DAYS - MINUTES);
    expect(await shutOut()).toEqual([200, 429]);
    await they.service.app.get(KnownNetworks).flush();
    they.service.advance(30 * DAYS + MINUTES);
    expect(await shutOut()).toEqual([429, 429]);
  });

  it('are not learnt from guesses', async () => {
    const person = await they.member(opaqueToken);
    await they.guess(bareToken, person, newNetwork());
    await they.service.app.get(KnownNetworks).flush();
    const known = they.service.app.get(DataSource).getRepository(KnownNetwork);
    expect(await known.countBy({ userId: await idOf(person) })).toBe(0);
  });

  it('go with the account', async () => {
    const person = await they.member(opaqueToken);
    const userId = await idOf(person);
    await they.signIn(bareToken, person, newNetwork());
    await they.service.app.get(KnownNetworks).flush();
    await they.signIn(bareToken, person, newNetwork());
    const known = they.service.app.get(DataSource).getRepository(KnownNetwork);
    expect(await known.countBy({ userId })).toBe(1);
    await they.service.app.get(RevocationService).deleteAccount(userId);
    await they.service.app.get(KnownNetworks).flush();
    expect(await known.countBy({ userId })).toBe(0);
  });
});

describe('what limits cost', () => {
  it('is three statements at a sign-in, and at most four at a refusal', async () => {
    const person = await they.member(bareToken);
    const ip = newNetwork();
    const statements = recordStatements(they.service);
    const isAsked = (one: string): boolean => /rate_limits|FROM known_networks/.test(one);
    const aboutLimits = (): string[] => statements.splice(0).filter(isAsked);
    await they.signIn(bareToken, person, ip);
    expect(aboutLimits()).toHaveLength(3);
    await they.guess(bareToken, person, ip);
    expect(aboutLimits()).toHaveLength(2);
    await they.guesses(9, bareToken, person, ip);
    statements.length = 0;
    await they.guess(bareToken, person, ip);
    expect(aboutLimits()).toHaveLength(3);
  });
});
