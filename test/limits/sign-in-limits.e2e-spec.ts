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

describe('the budget of a name', () => {
  it('is one however the address is written', async () => {
    const person = bareToken.newPerson();
    await they.guesses(10, bareToken, person, '198.51.100.9');
    expect((await they.guess(bareToken, person, '::ffff:198.51.100.9')).status).toBe(429);
    expect((await they.guess(bareToken, person, '::ffff:c633:6409')).status).toBe(429);
  });

  it('is one for a name of somebody and of nobody, at the door where it was spent and at the next', async () => {
    const [, tokenPair] = DRIVERS as [Driver, Driver];
    for (const person of [await they.member(bareToken), bareToken.newPerson()]) {
      const ip = newNetwork();
      const first = await they.guesses(11, bareToken, person, ip);
      expect(byStatus(first)).toEqual({ 401: 10, 429: 1 });
      expect(whole(await they.guess(tokenPair, person, ip))).toEqual(tokenPair.refusals.tooManyAttempts);
    }
  });

  it('is its owner’s own where he signed in lately: a neighbour’s tries lock the neighbour’s address', async () => {
    const person = await they.member(bareToken);
    const [home, neighbour] = ['203.0.113.1', '203.0.113.2'];
    expect((await they.signIn(bareToken, person, home)).status).toBe(200);
    await they.service.app.get(KnownNetworks).flush();
    expect(byStatus(await they.guesses(30, bareToken, person, neighbour))).toEqual({ 401: 10, 429: 20 });
    await they.guesses(30, bareToken, person, '203.0.113.3');
    expect((await they.signIn(bareToken, person, '203.0.113.4')).status).toBe(200);
    expect((await they.signIn(bareToken, person, home)).status).toBe(200);
    expect(byStatus(await they.guesses(11, bareToken, person, home))).toEqual({ 401: 10, 429: 1 });
  });
});

describe('the budget of an account', () => {
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

  it('is spent by the right password of a deactivated account as by a wrong one', async () => {
    const person = await deactivated();
    const ip = newNetwork();
    const answers: Answer[] = [];
    for (let i = 0; i < 12; i++) answers.push(await they.signIn(bareToken, person, ip));
    expect(byStatus(answers)).toEqual({ [bareToken.refusals.deactivated.status]: 10, 429: 2 });
  });

  it.each([
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
      const { status } = await they.signIn(bareToken, person, away);
      return [(await they.signIn(bareToken, person, home)).status, status];
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
    const known = they.service.app.get(DataSource).getRepository(KnownNetwork);
    // The address, and its network.
    expect(await known.countBy({ userId })).toBe(2);
    await they.signIn(bareToken, person, newNetwork());
    await they.service.app.get(RevocationService).deleteAccount(userId);
    await they.service.app.get(KnownNetworks).flush();
    expect(await known.countBy({ userId })).toBe(0);
  });
});

describe('what limits cost', () => {
  it('is four statements at a sign-in, and at most four at a refusal', async () => {
    const person = await they.member(bareToken);
    const ip = newNetwork();
    const statements = recordStatements(they.service);
    const isAsked = (one: string): boolean => /rate_limits|FROM known_networks/.test(one);
    const aboutLimits = (): string[] => statements.splice(0).filter(isAsked);
    await they.signIn(bareToken, person, ip);
    expect(aboutLimits()).toHaveLength(4);
    await they.guess(bareToken, person, ip);
    expect(aboutLimits()).toHaveLength(3);
    await they.guesses(9, bareToken, person, ip);
    statements.length = 0;
    await they.guess(bareToken, person, ip);
    expect(aboutLimits()).toHaveLength(3);
  });
});
