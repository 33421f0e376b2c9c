import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { PIN_TRIES } from '../../src/users/pins.store.js';
import { UsersService } from '../../src/users/users.service.js';
import { DRIVERS } from '../drivers/index.js';
import type { Driver } from '../drivers/driver.js';
import {
  accountSeen,
  type Admin,
  newAdmin,
  NO_IDS,
  SOME_TIME,
  setPasswordByMail,
  somebody,
} from '../support/admins.js';
import { CookieClient } from '../support/cookie.client.js';
import { bothEngines } from '../support/engines.js';
import { byStatus, Guessing } from '../support/guessing.js';
import { type Answer, send } from '../support/http.js';
import { LIMITED, newNetwork } from '../support/networks.js';
import { confirm, mailedUrl, mailsTo } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const basic = DRIVERS.find(({ name }) => name === 'basic') as Driver;
const bareToken = DRIVERS.find(({ name }) => name === 'bare-token') as Driver;
const ACTS = ['email', 'password-reset', 'unlock-pin', 'clear-budgets'];

describe.each(bothEngines('help_desk'))('The help desk on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;
  let they: Guessing;

  beforeAll(async () => {
    service = await startService({ ...LIMITED, ...(await settings()) });
    admin = await newAdmin(service);
    they = new Guessing(service);
  });
  afterAll(() => service.stop());

  const act = (id: number | string, what: string, body?: object): Promise<Answer> =>
    admin.send('POST', `/admin/users/${id}/${what}`, { body });
  const created = async (body: object): Promise<number> =>
    ((await admin.send('POST', '/admin/users', { body })).json as { id: number }).id;
  const told = async (id: number, kind: string): Promise<unknown[]> =>
    (await admin.events(`account=${id}&kind=${kind}`)).map(({ actor_id, refusal, detail }) => ({
      actor_id,
      refusal,
      detail,
    }));
  const named = (username: string, more = {}): Promise<number> =>
    created({ username, password: 'Aurora borealis 7#', ...more });

  it.each(ACTS)('refuses POST /admin/users/:id/%s of no account, and to anybody but an administrator', async (what) => {
    const body = what === 'email' ? { email: 'x@example.com' } : undefined;
    for (const id of ['2147483647', ...NO_IDS])
      expect(whole(await act(id, what, body))).toEqual(problem('account_not_found'));
    const { access, id } = await somebody(service);
    const headers = { authorization: `Bearer ${access}` };
    expect(whole(await send('POST', `${service.url}/admin/users/${id}/${what}`, { headers, body }))).toEqual(
      problem('admin_required'),
    );
    expect((await send('POST', `${service.url}/admin/users/${id}/${what}`, { body })).status).toBe(401);
  });

  describe('POST /admin/users/:id/email', () => {
    it('gives an account an address that its owner has proved, tells the one of before, and ends its links', async () => {
      const { email: before, username } = newPerson();
      const { email } = newPerson();
      const id = await named(username, { email: before, email_verified: true });
      await act(id, 'password-reset');
      const link = await mailedUrl(service, before);
      const answer = await act(id, 'email', { email, email_verified: true });
      expect(whole(answer)).toEqual({
        status: 200,
        body: accountSeen({ id, username, email, email_verified_at: SOME_TIME }),
      });
      expect((await send('GET', link)).status).toBe(410);
      expect((await mailsTo(service, before)).at(-1)?.subject).toMatch(/e-mail address/);
      expect(await mailsTo(service, email)).toEqual([]);
      expect(await told(id, 'email_set')).toEqual([
        { actor_id: admin.id, refusal: null, detail: { email_verified: true } },
      ]);
    });

    it('makes a pending account active, with the address for a username, and leaves a deactivated one closed', async () => {
      const { email: wrong } = newPerson();
      const { email } = newPerson();
      const id = await created({ email: wrong, password: 'Aurora borealis 7#' });
      expect((await act(id, 'email', { email, email_verified: true })).json).toMatchObject({
        status: 'active',
        username: email,
        email,
      });
      await admin.change(id, { status: 'deactivated' });
      const { email: other } = newPerson();
      expect((await act(id, 'email', { email: other, email_verified: true })).json).toMatchObject({
        status: 'deactivated',
        email: other,
      });
    });

    it('takes a proved address from an account that merely claims it, and from none that has proved it', async () => {
      const { email, username } = newPerson();
      const claimant = await named(username, { email });
      const id = await named(newPerson().username);
      expect((await act(id, 'email', { email, email_verified: true })).json).toMatchObject({ email });
      expect((await admin.get(`/admin/users/${claimant}`)).json).toMatchObject({ username, email: null });
      const other = await named(newPerson().username);
      for (const email_verified of [true, false])
        expect(whole(await act(other, 'email', { email: email.toUpperCase(), email_verified }))).toEqual(
          problem('email_taken'),
        );
      expect(await told(id, 'email_set')).toEqual([
        {
          actor_id: admin.id,
          refusal: null,
          detail: { email_verified: true, claims_ended: 1, claimed_by: [claimant] },
        },
      ]);
      // The second refusal alike is counted.
      expect(await told(other, 'email_set')).toEqual([
        { actor_id: admin.id, refusal: 'email_taken', detail: { email_verified: true } },
      ]);
    });

    it('mails a link to an address that is to be proved, however lately there was another, which makes it count', async () => {
      const { email: before, username } = newPerson();
      const id = await named(username, { email: before, email_verified: true });
      const addresses = [newPerson().email, newPerson().email];
      for (const email of addresses) {
        expect(whole(await act(id, 'email', { email }))).toEqual({
          status: 200,
          body: accountSeen({ id, username, email }),
        });
        // A mail that waits goes to the address that the account has when it is sent.
        expect(await mailsTo(service, email)).toHaveLength(1);
      }
      const [first = '', second = ''] = addresses;
      expect((await mailsTo(service, before)).at(-1)?.subject).toMatch(/e-mail address/);
      expect((await confirm(service, second)).status).toBe(200);
      expect((await confirm(service, first)).status).toBe(410);
      expect((await admin.get(`/admin/users/${id}`)).json).toMatchObject({
        email: second,
        email_verified_at: SOME_TIME,
      });
    });

    it('leaves an address that is proved as it is, where it is to be proved again', async () => {
      const { email, username } = newPerson();
      const id = await named(username, { email, email_verified: true });
      expect((await act(id, 'email', { email })).json).toMatchObject({ email, email_verified_at: SOME_TIME });
      expect(await mailsTo(service, email)).toEqual([]);
    });

    it('ends no reset link and mails nothing where the address is the proved one already', async () => {
      const { email, username } = newPerson();
      const id = await named(username, { email, email_verified: true });
      await act(id, 'password-reset');
      const link = await mailedUrl(service, email);
      expect((await act(id, 'email', { email, email_verified: true })).json).toMatchObject({ email });
      expect(await mailsTo(service, email)).toHaveLength(1);
      expect((await send('GET', link)).status).toBe(200);
    });

    it('gives two accounts that ask at once for one address it to one of them', async () => {
      const { email } = newPerson();
      const both = [await named(newPerson().username), await named(newPerson().username)];
      const answers = await Promise.all(both.map((id) => act(id, 'email', { email, email_verified: true })));
      expect(byStatus(answers)).toEqual({ 200: 1, 409: 1 });
    });

    it('refuses what is no address', async () => {
      const EMAIL = 'Must be an e-mail address of at most 254 characters.';
      for (const email of [undefined, null, 7, '', 'x', 'a b@example.com', `${'x'.repeat(250)}@example.com`])
        expect(whole(await act(admin.id, 'email', { email }))).toEqual(invalidFields(['email', EMAIL]));
      expect(whole(await act(admin.id, 'email', { email: 'x@example.com', email_verified: 'yes' }))).toEqual(
        invalidFields(['email_verified', 'Must be true or false.']),
      );
    });
  });

  describe('POST /admin/users/:id/password-reset', () => {
    it('mails a link at once, however lately a stranger asked for one, and ends nothing before it is used', async () => {
      const { email, username } = newPerson();
      const id = await named(username, { email, email_verified: true });
      await send('POST', `${service.url}/password-reset`, { body: { email } });
      await mailsTo(service, email);
      expect(whole(await act(id, 'password-reset'))).toEqual({ status: 202, body: undefined });
      expect(await mailsTo(service, email)).toHaveLength(2);
      expect(await setPasswordByMail(service, email, 'Polar lights 8#')).toBe(200);
      expect(await told(id, 'password_reset_mailed')).toEqual([{ actor_id: admin.id, refusal: null, detail: null }]);
    });

    it('refuses an account without an address, and one that is closed', async () => {
      const { email, username } = newPerson();
      const without = await named(newPerson().username);
      const closed = await named(username, { email, email_verified: true });
      await admin.change(closed, { status: 'deactivated' });
      expect(whole(await act(without, 'password-reset'))).toEqual(problem('email_missing'));
      expect(whole(await act(closed, 'password-reset'))).toEqual(problem('account_closed'));
      expect(await mailsTo(service, email)).toEqual([]);
    });

    it('mails one account ten links an hour at most', async () => {
      const { email, username } = newPerson();
      const id = await named(username, { email, email_verified: true });
      const answers = [];
      for (let n = 0; n < 11; n++) answers.push(await act(id, 'password-reset'));
      expect(byStatus(answers)).toEqual({ 202: 10, 429: 1 });
      expect((await told(id, 'password_reset_mailed'))[0]).toMatchObject({ refusal: 'too_many_attempts' });
    });
  });

  describe('POST /admin/users/:id/unlock-pin', () => {
    it('lets a locked PIN be tried again at once', async () => {
      const client = new CookieClient(`${service.url}/cookie`);
      const { person, token } = await client.newcomer();
      await client.setPin(token, { pin: 'PIN1' });
      const prove = async (pin: string): Promise<number> =>
        (await client.setPin(token, { pin: 'PIN1' }, { 'x-pin': pin })).status;
      for (let n = 0; n < PIN_TRIES; n++) expect(await prove('WRONG')).toBe(401);
      expect(await prove('PIN1')).toBe(429);
      const id = (await service.app.get(UsersService).findByName('username', person.username))?.id ?? 0;
      expect(whole(await act(id, 'unlock-pin'))).toEqual({ status: 204, body: undefined });
      expect(await prove('PIN1')).toBe(200);
      expect(await told(id, 'pin_unlocked')).toEqual([{ actor_id: admin.id, refusal: null, detail: null }]);
    });

    it('says that an account has none', async () => {
      const { id } = await somebody(service);
      expect(whole(await act(id, 'unlock-pin'))).toEqual(problem('pin_missing'));
      expect((await told(id, 'pin_unlocked'))[0]).toMatchObject({ refusal: 'pin_missing' });
    });
  });

  describe('POST /admin/users/:id/clear-budgets', () => {
    it('lets an owner in where others spent the tries of his name, from everywhere', async () => {
      const person = await they.memberOfAll();
      const id = (await service.app.get(UsersService).findByName('username', person.username))?.id ?? 0;
      const [here, there] = [newNetwork(), newNetwork()];
      for (const ip of [here, there]) {
        await they.guesses(10, bareToken, person, ip);
        await they.guesses(10, basic, person, ip);
        expect((await they.guess(bareToken, person, ip)).status).toBe(429);
        expect((await they.guess(basic, person, ip)).status).toBe(429);
      }
      expect(whole(await act(id, 'clear-budgets'))).toEqual({ status: 204, body: undefined });
      for (const ip of [here, there]) {
        expect((await they.guess(bareToken, person, ip)).status).toBe(401);
        expect((await they.guess(basic, person, ip)).status).toBe(403);
      }
      expect(await told(id, 'budgets_cleared')).toEqual([{ actor_id: admin.id, refusal: null, detail: null }]);
    });

    it('clears what the account’s own networks failed under all names, and leaves other names and networks as they are', async () => {
      const person = await they.member(bareToken);
      const id = (await service.app.get(UsersService).findByName('username', person.username))?.id ?? 0;
      const [home, elsewhere] = [newNetwork(), newNetwork()];
      await they.signIn(bareToken, person, home);
      const other = bareToken.newPerson();
      for (const ip of [home, elsewhere])
        for (let n = 0; n < 5; n++) await they.guesses(10, bareToken, n === 0 ? other : bareToken.newPerson(), ip);
      await they.service.app.get(KnownNetworks).flush();
      const someone = bareToken.newPerson();
      expect((await they.guess(bareToken, someone, home)).status).toBe(429);
      await act(id, 'clear-budgets');
      expect((await they.guess(bareToken, someone, home)).status).toBe(401);
      expect((await they.guess(bareToken, other, home)).status).toBe(429);
      expect((await they.guess(bareToken, someone, elsewhere)).status).toBe(429);
    });

    it('ends the tries in a row that shut strangers out', async () => {
      const person = await they.memberOfAll();
      const id = (await service.app.get(UsersService).findByName('username', person.username))?.id ?? 0;
      for (let n = 0; n < 10; n++) await they.guesses(10, bareToken, person, newNetwork());
      expect((await they.guess(bareToken, person, newNetwork())).status).toBe(429);
      await act(id, 'clear-budgets');
      expect((await they.guess(bareToken, person, newNetwork())).status).toBe(401);
    });
  });
});
