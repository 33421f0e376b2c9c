import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountChanges } from '../../src/users/account-changes.js';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { User } from '../../src/users/user.entity.js';
import {
  accountSeen,
  type Admin,
  newAdmin,
  NO_IDS,
  setPasswordByMail,
  SOME_TIME,
  somebody,
} from '../support/admins.js';
import { holdNext } from '../support/hold.js';
import { send } from '../support/http.js';
import { mailedUrl, mailsTo } from '../support/outbox.js';
import { IN_BODY, IN_HEADER, NO_ACTIVE_ACCOUNT, PairClient } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const NO_ACCOUNT = problem('account_not_found');
const EMAIL_MISSING = problem('email_missing');

let service: Service;
let admin: Admin;
let pairs: PairClient;

beforeAll(async () => {
  service = await startService();
  admin = await newAdmin(service);
  pairs = new PairClient(service.url);
});
afterAll(() => service.stop());

async function row(id: number): Promise<User> {
  await service.app.get(LastSignIns).flush();
  return service.app.get(DataSource).getRepository(User).findOneByOrFail({ id });
}

async function created(body: object): Promise<number> {
  return ((await admin.send('POST', '/admin/users', { body })).json as { id: number }).id;
}

describe('GET /admin/users/:id', () => {
  it('answers the account, with when it signed in last', async () => {
    const { id, person } = await somebody(service);
    expect(whole(await admin.get(`/admin/users/${id}`))).toEqual({
      status: 200,
      body: accountSeen({ id, username: person.username, last_sign_in_at: expect.toSatisfy((at) => at !== undefined) }),
    });
  });

  it('answers alike for accounts that do not exist and for what is no id', async () => {
    for (const id of ['2147483647', ...NO_IDS])
      expect(whole(await admin.get(`/admin/users/${id}`))).toEqual(NO_ACCOUNT);
  });
});

describe('PATCH /admin/users/:id', () => {
  it('deactivates an account: every session ends at once, and nobody signs in', async () => {
    const { id, person, access, refresh } = await somebody(service);
    expect(whole(await admin.change(id, { status: 'deactivated' }))).toMatchObject({
      status: 200,
      body: { id, status: 'deactivated' },
    });
    expect(whole(await pairs.getUser(access))).toEqual(IN_HEADER.inactive);
    expect(whole(await pairs.refresh(refresh))).toEqual(IN_BODY.blacklisted);
    expect(whole(await pairs.signIn(person))).toEqual(NO_ACTIVE_ACCOUNT);
  });

  it('lets a reactivated account sign in again, but brings no session back', async () => {
    const { id, person, access } = await somebody(service);
    await admin.change(id, { status: 'deactivated' });
    expect(whole(await admin.change(id, { status: 'active' }))).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
    expect((await pairs.signIn(person)).status).toBe(200);
    expect((await pairs.getUser(access)).status).toBe(401);
    expect(whole(await admin.change(id, { status: 'active' }))).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
    expect((await pairs.signIn(person)).status).toBe(200);
  });

  it('makes administrators at once, and ends every session of one when it takes that back', async () => {
    const { id, person, access } = await somebody(service);
    const asks = async (token = access): Promise<number> =>
      (await send('GET', `${service.url}/admin/usage`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(whole(await admin.change(id, { is_admin: true }))).toMatchObject({ status: 200, body: { is_admin: true } });
    expect(await asks()).toBe(200);
    expect(whole(await admin.change(id, { is_admin: false }))).toMatchObject({
      status: 200,
      body: { is_admin: false },
    });
    expect(await asks()).toBe(401);
    const again = await pairs.session(person);
    expect(await asks(again.access)).toBe(403);
    expect(whole(await admin.change(id, { is_admin: false }))).toMatchObject({ status: 200 });
    expect(await asks(again.access)).toBe(403);
  });

  it('verifies the address of a pending account, which becomes active and takes it for its username', async () => {
    const { email } = newPerson();
    const id = await created({ email, password: 'battery horse 12' });
    const link = await mailedUrl(service, email);
    expect(whole(await admin.change(id, { email_verified: true }))).toEqual({
      status: 200,
      body: accountSeen({ id, email, username: email, status: 'active', email_verified_at: SOME_TIME }),
    });
    expect((await send('POST', link)).status).toBe(410);
    const { emailVerifiedAt } = await row(id);
    await admin.change(id, { email_verified: true });
    expect((await row(id)).emailVerifiedAt).toEqual(emailVerifiedAt);
  });

  it('verifies the address of a deactivated account and leaves that closed', async () => {
    const { username, email } = newPerson();
    const id = await created({ username, email });
    await admin.change(id, { status: 'deactivated' });
    expect(whole(await admin.change(id, { email_verified: true }))).toEqual({
      status: 200,
      body: accountSeen({ id, username, email, status: 'deactivated', email_verified_at: SOME_TIME }),
    });
  });

  it('forces a reset: the password counts no more, the sessions end, and a link is mailed', async () => {
    const person = newPerson('battery horse 12');
    const id = await created({ ...person, email_verified: true });
    const { access, refresh } = await pairs.session(person);
    expect(whole(await admin.change(id, { force_password_reset: true }))).toMatchObject({ status: 200, body: { id } });
    expect(whole(await pairs.getUser(access))).toEqual(IN_HEADER.notValid);
    expect(whole(await pairs.refresh(refresh))).toEqual(IN_BODY.blacklisted);
    expect(whole(await pairs.signIn(person))).toEqual(NO_ACTIVE_ACCOUNT);
    expect(await setPasswordByMail(service, person.email, 'battery horse 13')).toBe(200);
    expect((await pairs.signIn({ ...person, password: 'battery horse 13' })).status).toBe(200);
  });

  it('mails no link to an account that is deactivated, where it would be dead', async () => {
    const person = newPerson('battery horse 12');
    const id = await created({ ...person, email_verified: true });
    expect((await admin.change(id, { force_password_reset: true, status: 'deactivated' })).status).toBe(200);
    expect((await admin.change(id, { status: 'active' })).status).toBe(200);
    expect(await mailsTo(service, person.email)).toEqual([]);
    expect(whole(await pairs.signIn(person))).toEqual(NO_ACTIVE_ACCOUNT);
  });

  it('refuses what needs an address of an account that has none, and does nothing else of what was asked', async () => {
    const { id, person } = await somebody(service);
    for (const body of [
      { force_password_reset: true },
      { email_verified: true, status: 'deactivated', is_admin: true },
    ])
      expect(whole(await admin.change(id, body))).toEqual(EMAIL_MISSING);
    expect((await pairs.signIn(person)).status).toBe(200);
    expect((await row(id)).isAdmin).toBe(false);
  });

  it('activates no pending account without its address: its owner could sign in nowhere', async () => {
    const { username: _none, email, password } = newPerson();
    const { json } = await admin.send('POST', '/admin/users', { body: { email, password } });
    const { id } = json as { id: number };
    expect(whole(await admin.change(id, { status: 'active' }))).toEqual(problem('email_unverified'));
    expect((await admin.get(`/admin/users/${id}`)).json).toMatchObject({ status: 'pending' });
    expect((await admin.change(id, { status: 'deactivated' })).status).toBe(200);
    expect(whole(await admin.change(id, { status: 'active' }))).toEqual(problem('email_unverified'));
    expect((await admin.change(id, { status: 'active', email_verified: true })).json).toMatchObject({
      status: 'active',
    });
  });

  it('does several things at once', async () => {
    const { username, email } = newPerson();
    const id = await created({ username, email });
    await admin.change(id, { status: 'deactivated' });
    const body = { status: 'active', is_admin: true, email_verified: true, force_password_reset: true };
    expect(whole(await admin.change(id, body))).toEqual({
      status: 200,
      body: accountSeen({ id, username, email, is_admin: true, email_verified_at: SOME_TIME }),
    });
  });

  it('starts over when the address changes under it, and verifies none that it did not see', async () => {
    const { username, email } = newPerson();
    const id = await created({ username, email });
    const hold = holdNext(service.app.get(AccountChanges), 'apply', 'before');
    const changing = admin.change(id, { email_verified: true });
    await hold.reached;
    await service.app.get(DataSource).getRepository(User).update({ id }, { email: null, emailKey: null });
    hold.release();
    expect(whole(await changing)).toEqual(EMAIL_MISSING);
    expect((await row(id)).emailVerifiedAt).toBeNull();
  });

  it('changes nothing when nothing is asked for', async () => {
    const { id } = await somebody(service);
    const before = await row(id);
    expect((await admin.change(id, {})).status).toBe(200);
    expect(await row(id)).toEqual(before);
  });

  it('refuses fields of a wrong type, and accounts that do not exist', async () => {
    const refused: [object, [string, string]][] = [
      [{ status: 'pending' }, ['status', 'Must be active or deactivated.']],
      [{ status: null }, ['status', 'Must be active or deactivated.']],
      [{ is_admin: 'false' }, ['is_admin', 'Must be true or false.']],
      [{ is_admin: 0 }, ['is_admin', 'Must be true or false.']],
      [{ email_verified: false }, ['email_verified', 'Must be true.']],
      [{ force_password_reset: 'true' }, ['force_password_reset', 'Must be true.']],
    ];
    for (const [body, error] of refused)
      expect(whole(await admin.change(admin.id, body))).toEqual(invalidFields(error));
    expect(whole(await admin.change(2147483647, { is_admin: true }))).toEqual(NO_ACCOUNT);
    for (const id of NO_IDS)
      expect(whole(await admin.send('PATCH', `/admin/users/${id}`, { body: { is_admin: true } }))).toEqual(NO_ACCOUNT);
  });
});

describe('DELETE /admin/users/:id', () => {
  it('deletes an account with every token, and frees its names', async () => {
    const { id, person, access } = await somebody(service);
    const answer = await admin.delete(id);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(whole(await pairs.getUser(access))).toEqual(IN_HEADER.gone);
    expect(whole(await admin.get(`/admin/users/${id}`))).toEqual(NO_ACCOUNT);
    expect((await pairs.register(person)).status).toBe(201);
    for (const gone of [`${id}`, ...NO_IDS])
      expect(whole(await admin.send('DELETE', `/admin/users/${gone}`))).toEqual(NO_ACCOUNT);
  });

  it('lets an administrator go who is not the last', async () => {
    const other = await newAdmin(service);
    expect((await other.delete(other.id)).status).toBe(204);
    expect(whole(await admin.get(`/admin/users/${other.id}`))).toEqual(NO_ACCOUNT);
  });
});
