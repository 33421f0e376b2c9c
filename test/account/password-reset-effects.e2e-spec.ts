import { DataSource, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { networksOf } from '../../src/network/networks.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { OneTimeTokensService } from '../../src/tokens/one-time-tokens.service.js';
import { EpochsService } from '../../src/users/epochs.service.js';
import { User } from '../../src/users/user.entity.js';
import { cookie as cookieDriver } from '../drivers/cookie.driver.js';
import { DRIVERS } from '../drivers/index.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs, idsOf } from '../support/account.client.js';
import { accountOf, changeAccount } from '../support/accounts.js';
import { BasicClient, LOGIN_FAILED, outcome, signedIn } from '../support/basic.client.js';
import { CookieClient } from '../support/cookie.client.js';
import { holdNext } from '../support/hold.js';
import { type Answer, send } from '../support/http.js';
import { confirm, mailedUrl } from '../support/outbox.js';
import type { Person } from '../support/people.js';
import { problem } from '../support/problems.js';
import {
  canSignIn,
  heading,
  NEW_PASSWORD,
  page,
  resetUrl,
  setPassword,
  subjectsTo,
  verifiedPerson,
} from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { TokenPairClient } from '../support/token-pair.client.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const DONE = page(200, 'New password set');
const DEAD = page(410, 'This link does not work any more');

let service: Service;

beforeAll(async () => {
  service = await startService({ MAIL_QUIET: '0s' });
});
afterAll(() => service.stop());

/** Where the requests of this file come from. */
const HERE = networksOf('127.0.0.1');

const usersOf = ({ app }: Service): Repository<User> => app.get(DataSource).getRepository(User);
const set = async (url: string, password?: string): Promise<object> => heading(await setPassword(url, password));

/** Sets a new password as somebody does who forgot the old one. */
async function reset({ email }: Pick<Person, 'email'>): Promise<void> {
  expect(await set(await resetUrl(service, email))).toEqual(DONE);
}

describe.each(DRIVERS)('a new password by a link, for one who is signed in through $name', (driver) => {
  const client = new AccountClient(() => service, driver);
  const guarded = (signedInBy: Answer): Promise<Answer> => client.ask(driver.guarded(driver.credential(signedInBy)));

  it('forgets the networks that sign-ins came from, which may be those of whoever knew the old one', async () => {
    const one = await client.newcomer();
    const { accountId } = await idsOf(service, one);
    const networks = service.app.get(KnownNetworks);
    await networks.flush();
    expect(await networks.of(accountId, HERE)).toEqual({ address: true, network: true, any: true });

    const { email } = one.person;
    await usersOf(service).update({ id: accountId }, { email, emailKey: email, emailVerifiedAt: new Date() });
    await reset(one.person);

    expect(await networks.of(accountId, HERE)).toEqual({ address: false, network: false, any: false });
  });

  it('ends every session, and the old password with it', async () => {
    const one = await client.newcomer();
    const two = await client.signIn(one.person);
    const { accountId } = await idsOf(service, one);
    const { email } = one.person;
    await usersOf(service).update({ id: accountId }, { email, emailKey: email, emailVerifiedAt: new Date() });
    for (const { signedIn: by } of [one, two])
      expect((await guarded(by)).status).toBe(driver.passed(one.person).status);

    await reset(one.person);

    for (const session of [one, two]) {
      expect((await askAs(service, session, 'GET', '/account')).status).toBe(401);
      expect(whole(await guarded(session.signedIn))).not.toEqual(driver.passed(one.person));
      if (driver.refresh)
        expect((await client.ask(driver.refresh(session.signedIn))).status).toBeGreaterThanOrEqual(400);
    }
    const { status, body } = driver.refusals.wrongPassword;
    expect(whole(await client.ask(driver.signIn(one.person)))).toEqual({ status, body });
    expect(await trailOf(service, accountId, 'password_reset')).toMatchObject([
      { door: 'password-reset', actorId: accountId, refusal: null, sessionId: null },
    ]);
  });
});

describe('a new password by a link', () => {
  const basic = (): BasicClient => new BasicClient(`${service.url}/basic`);
  const cookie = (): CookieClient => new CookieClient(`${service.url}/cookie`);

  it('verifies the address: a pending account becomes active, with the address for a username', async () => {
    const { person } = await basic().newcomer();
    const verification = await mailedUrl(service, person.email);

    await reset(person);

    expect(await usersOf(service).findOneByOrFail({ emailKey: person.email })).toMatchObject({
      status: 'active',
      username: person.email,
      usernameKey: person.email,
      emailVerifiedAt: expect.any(Date) as Date,
    });
    expect(outcome(await basic().login({ ...person, password: NEW_PASSWORD }))).toEqual(
      signedIn(`Login for ${person.email} succesful`),
    );
    expect(outcome(await basic().login(person))).toEqual(LOGIN_FAILED);
    expect(heading(await send('POST', verification))).toEqual(DEAD);
  });

  it('leaves a pending account without a username if another has the address for one', async () => {
    const { person } = await basic().newcomer();
    await new TokenPairClient(service.url, '/token-pair').register({ ...person, username: person.email });

    await reset(person);

    expect(await usersOf(service).findOneByOrFail({ emailKey: person.email })).toMatchObject({
      status: 'active',
      username: null,
      usernameKey: null,
    });
  });

  it('keeps the time at which the address was verified first, and the username', async () => {
    const person = await verifiedPerson(service);
    const { emailVerifiedAt } = await accountOf(service, person);

    await reset(person);

    expect(await accountOf(service, person)).toMatchObject({ emailVerifiedAt, username: person.username });
  });

  it('removes a PIN that was set while the address was unverified', async () => {
    const { person, token } = await cookie().newcomer();
    await cookie().setPin(token, { pin: 'PIN1' });
    await changeAccount(service, person, { pinFailures: 5, pinLockedUntil: new Date(Date.now() + 600_000) });

    await reset(person);

    expect(await accountOf(service, person)).toMatchObject({ pinHash: null, pinFailures: 0, pinLockedUntil: null });
  });

  it('keeps the PIN of an account whose address was verified', async () => {
    const { person, token } = await cookie().newcomer();
    await cookie().setPin(token, { pin: 'PIN1' });
    await basic().login(person);
    await confirm(service, person.email);
    await changeAccount(service, person, { pinFailures: 3 });
    const { pinHash } = await accountOf(service, person);
    expect(pinHash).not.toBeNull();

    await reset(person);

    expect(await accountOf(service, person)).toMatchObject({ pinHash, pinFailures: 3 });
  });

  it('is told to the address that it verified', async () => {
    const { person } = await cookie().newcomer();
    await reset(person);

    expect(await subjectsTo(service, person.email)).toEqual(['Set a new password', 'Your password was changed']);
  });

  it('ends a link that is to change the address, which a thief may have asked for', async () => {
    const { person, headers } = await new AccountClient(() => service, cookieDriver).newcomer();
    const other = `other.${person.email}`;
    await askAs(service, { headers }, 'POST', '/account/email', { body: { email: other, password: person.password } });
    const change = await mailedUrl(service, other);

    await reset(person);

    expect(heading(await send('GET', change))).toEqual(DEAD);
    expect(heading(await send('POST', change))).toEqual(DEAD);
    expect((await accountOf(service, person)).email).toBe(person.email);
  });

  it('is not possible by a link of before the owner changed the password', async () => {
    const person = await verifiedPerson(service);
    const mine = await new AccountClient(() => service, tokenPair).signIn(person);
    const url = await resetUrl(service, person.email);
    const body = { old_password: person.password, new_password: 'correct horse 2' };
    expect((await askAs(service, mine, 'POST', '/account/password', { body })).status).toBe(204);

    expect(await set(url)).toEqual(DEAD);
    expect(await canSignIn(service, person, 'correct horse 2')).toBe(true);
  });

  it('is possible by a link of before all sessions were ended', async () => {
    const person = await verifiedPerson(service);
    const url = await resetUrl(service, person.email);
    await service.app.get(RevocationService).clearTokens((await accountOf(service, person)).id);

    expect(await set(url)).toEqual(DONE);
  });
});

describe('a reset that is cut short', () => {
  const fail = <T extends object>(part: T, method: keyof T & string): (() => void) => {
    Object.defineProperty(part, method, { configurable: true, value: () => Promise.reject(new Error('cut short')) });
    return () => Reflect.deleteProperty(part, method);
  };

  it('after the link was used up changes nothing, and the next link works', async () => {
    const person = await verifiedPerson(service);
    const url = await resetUrl(service, person.email);
    const mend = fail(service.app.get(EpochsService), 'resetPassword');
    expect(whole(await setPassword(url))).toEqual(problem('internal_error'));
    mend();

    expect(await canSignIn(service, person, person.password)).toBe(true);
    expect(await set(url)).toEqual(DEAD);
    await reset(person);
    expect(await canSignIn(service, person, NEW_PASSWORD)).toBe(true);
  });

  it('after the password was set leaves no session alive, and no other link', async () => {
    const person = await verifiedPerson(service);
    const mine = await new AccountClient(() => service, tokenPair).signIn(person);
    const first = await resetUrl(service, person.email);
    const second = await resetUrl(service, person.email);
    const mend = fail(service.app.get(KnownNetworks), 'forget');
    expect(whole(await setPassword(first))).toEqual(problem('internal_error'));
    mend();

    expect(await canSignIn(service, person, NEW_PASSWORD)).toBe(true);
    const { json } = mine.signedIn as { json: unknown };
    const refreshed = await send('POST', `${service.url}/token-pair/auth/token/refresh`, { body: json as object });
    expect(refreshed.status).toBe(401);
    expect((await askAs(service, mine, 'GET', '/account')).status).toBe(401);
    expect(await set(second)).toEqual(DEAD);
  });

  it('loses against a change of the address between its steps', async () => {
    const person = await verifiedPerson(service);
    const url = await resetUrl(service, person.email);
    const held = holdNext(service.app.get(OneTimeTokensService), 'consume', 'after');
    const setting = setPassword(url);
    await held.reached;
    const email = `other.${person.email}`;
    await changeAccount(service, person, { email, emailKey: email });
    held.release();

    expect(heading(await setting)).toEqual(DEAD);
    expect(await canSignIn(service, person, person.password)).toBe(true);
  });
});
