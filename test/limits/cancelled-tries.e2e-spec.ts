import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import type { Target } from '../../src/limits/act-budgets.js';
import { LimitsService } from '../../src/limits/limits.service.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { accountOf, changeAccount } from '../support/accounts.js';
import { byStatus, Guessing } from '../support/guessing.js';
import { form, send } from '../support/http.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import type { Person } from '../support/people.js';
import { resetUrl } from '../support/reset.js';
import { startService } from '../support/service.js';

const [bareToken, , cookie, , basic] = DRIVERS as [Driver, Driver, Driver, Driver, Driver];

let they: Guessing;

beforeAll(async () => {
  they = new Guessing(await startService(LIMITED));
});
afterAll(() => they.service.stop());

/** Somebody whose account has a proved address. */
async function reachable(driver = bareToken): Promise<Person> {
  const person = await they.member(driver);
  const email = `${person.username}@example.com`;
  await changeAccount(they.service, person, { email, emailKey: email, emailVerifiedAt: new Date() });
  return { ...person, email };
}

/** A try of a password whose comparison fails once it may. */
function cancelledTry(target: Target, mayFail = Promise.resolve(), begun = (): void => {}): Promise<unknown> {
  const compare = async (): Promise<never> => {
    begun();
    await mayFail;
    throw new Error('gone');
  };
  return they.service.app
    .get(LimitsService)
    .passwordTry(target, newNetwork(), compare)
    .catch(() => undefined);
}

describe('Tries that were never compared', () => {
  it('count nothing, also among the failures in a row, however many come at once', async () => {
    const person = await reachable();
    const target = { kind: 'username', name: person.username, hasProvedEmail: true } as const;
    const { id: accountId } = await accountOf(they.service, person);
    const cancelled = (): Promise<unknown> => cancelledTry({ ...target, accountId });
    for (let wave = 0; wave < 13; wave++) await Promise.all(Array.from({ length: 10 }, cancelled));

    const failed = await Promise.all(
      Array.from({ length: 10 }, () => they.guesses(9, bareToken, person, newNetwork())),
    );
    expect(byStatus(failed.flat())).toEqual({ 401: 90 });
    expect((await they.signIn(bareToken, person, newNetwork())).status).toBe(200);
  });

  it('count nothing, also among the failures in a row that are written after later ones', async () => {
    const person = await reachable();
    const { id: accountId } = await accountOf(they.service, person);
    const target = { kind: 'username', name: person.username, hasProvedEmail: true, accountId } as const;
    for (let pair = 0; pair < 98; pair++) {
      let fail = (): void => {};
      const mayFail = new Promise<void>((resolve) => (fail = resolve));
      let later: Promise<unknown> = Promise.resolve();
      await new Promise<void>((begun) => (later = cancelledTry(target, mayFail, begun)));
      they.service.advance(-1);
      await cancelledTry(target);
      they.service.advance(1);
      fail();
      await later;
    }

    expect(byStatus(await they.guesses(3, bareToken, person, newNetwork()))).toEqual({ 401: 3 });
  });
});

describe('The failures in a row under an e-mail address', () => {
  it('are not forgotten when somebody signs in whose username it is', async () => {
    const owner = await they.memberOfAll();
    const intruder = { ...bareToken.newPerson(), username: owner.email };
    const { method, path, ...sending } = bareToken.registration(intruder);
    expect(method).toBe('POST');
    await they.service.app.get(KnownNetworks).flush();
    const response = await fetch(`${they.service.url}/bare-token${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-forwarded-for': newNetwork(), ...sending.headers },
      body: JSON.stringify(sending.body),
    });
    expect(response.status).toBe(200);

    let through = 0;
    for (let round = 0; round < 12; round++) {
      const counts = byStatus(await they.guesses(10, basic, owner, newNetwork()));
      through += counts[basic.refusals.wrongPassword.status] ?? 0;
      expect((await they.signIn(bareToken, intruder, newNetwork())).status).toBe(200);
    }

    expect(through).toBe(100);
  });
});

// Last: Passport keeps its strategies by process, those of the later service.
describe('An owner who sets a new password by a mailed link', () => {
  it('gets in, whatever somebody with a session or the old password spent before', async () => {
    const service = await startService({ ...LIMITED, SIGN_INS_PER_HOUR: '5/1h', HASH_LIMIT: '3/15m' });
    const there = new Guessing(service);
    const person = await there.member(cookie);
    const email = `${person.username}@example.com`;
    await changeAccount(service, person, { email, emailKey: email, emailVerifiedAt: new Date() });
    const [home, elsewhere] = [newNetwork(), newNetwork()];
    let token = '';
    for (let n = 0; n < 5; n++) token = cookie.credential(await there.signIn(cookie, person, elsewhere));
    expect((await there.signIn(cookie, person, elsewhere)).status).toBe(429);
    const headers = { cookie: `token=${token}`, 'x-forwarded-for': elsewhere };
    const body = { old_password: 'wrong', new_password: 'battery staple 71' };
    for (let n = 0; n < 4; n++) await send('POST', `${service.url}/account/password`, { headers, body });
    await there.guesses(11, cookie, person, home);

    const url = await resetUrl(service, email);
    const sending = from(home, form({ password: 'Battery-staple-71' }));
    expect((await send('POST', url, sending)).status).toBe(200);

    expect((await there.signIn(cookie, { ...person, password: 'Battery-staple-71' }, home)).status).toBe(200);
    await service.stop();
  });
});

describe('Acts of a session that hash', () => {
  it('spend nothing once they are refused, so that others of the network are not', async () => {
    const service = await startService({ ...LIMITED, HASH_LIMIT: '1000/15m', HASH_LIMIT_NETWORK: '60/15m' });
    const others = new Guessing(service);
    const [thief, owner] = [await others.member(cookie), await others.member(cookie)];
    const ip = newNetwork();
    const change = async (person: Person, old: string): Promise<number> => {
      const signedIn = await others.signIn(cookie, person, ip);
      const answer = await fetch(`${service.url}/account/password`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': ip,
          cookie: `token=${cookie.credential(signedIn)}`,
        },
        body: JSON.stringify({ old_password: old, new_password: 'battery staple 71' }),
      });
      return answer.status;
    };
    // Ten are compared; the others are refused by the budget of the name.
    for (let tries = 0; tries < 70; tries++) await change(thief, 'not the password');

    expect(await change(owner, owner.password)).toBe(204);
    await service.stop();
  });
});
