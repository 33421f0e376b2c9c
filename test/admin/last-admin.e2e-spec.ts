import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { User } from '../../src/users/user.entity.js';
import { type Admin, newAdmin, somebody } from '../support/admins.js';
import { type Answer, send } from '../support/http.js';
import { bothEngines } from '../support/engines.js';
import { newPerson } from '../support/people.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const LAST_ADMIN = problem('last_admin');

describe.each(bothEngines('admins'))('The last active administrator on $engine', ({ settings }) => {
  let service: Service;

  beforeAll(async () => {
    service = await startService(await settings());
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    await users().update({ isAdmin: true }, { isAdmin: false });
  });

  const users = (): ReturnType<DataSource['getRepository']> => service.app.get(DataSource).getRepository(User);

  function activeAdmins(): Promise<number> {
    return users().countBy({ isAdmin: true, status: 'active' });
  }

  const ENDS: [string, (by: Admin, id: number) => Promise<Answer>][] = [
    ['demoted', (by, id) => by.change(id, { is_admin: false })],
    ['deactivated', (by, id) => by.change(id, { status: 'deactivated' })],
    ['demoted and reset', (by, id) => by.change(id, { is_admin: false, status: 'active' })],
    ['deleted', (by, id) => by.delete(id)],
  ];

  it.each(ENDS)('is not %s', async (_how, end) => {
    const admin = await newAdmin(service);
    // Neither of these could take over.
    await users().update({ id: (await somebody(service)).id }, { isAdmin: true, status: 'deactivated' });
    await users().update({ id: (await somebody(service)).id }, { isAdmin: true, status: 'pending' });
    expect(whole(await end(admin, admin.id))).toEqual(LAST_ADMIN);
    expect((await admin.get('/admin/users')).status).toBe(200);
    expect(await activeAdmins()).toBe(1);
  });

  it('does not erase the own account', async () => {
    const admin = await newAdmin(service);
    const erasure = { headers: { authorization: `Bearer ${admin.access}` }, body: { password: admin.person.password } };
    expect(whole(await send('DELETE', `${service.url}/account`, erasure))).toEqual(LAST_ADMIN);
    expect((await admin.get('/admin/users')).status).toBe(200);
  });

  it('is not made to set a new password, by a link that may never be followed', async () => {
    const admin = await newAdmin(service);
    const { username: emailKey } = admin.person;
    await users().update({ id: admin.id }, { email: `${emailKey}@doe.com`, emailKey: `${emailKey}@doe.com` });
    expect(whole(await admin.change(admin.id, { force_password_reset: true }))).toEqual(LAST_ADMIN);
    expect((await admin.get('/admin/users')).status).toBe(200);
  });

  it('is not replaced by one who has yet to set a password', async () => {
    const admin = await newAdmin(service);
    const { username, email } = newPerson();
    const body = { username, email, is_admin: true };
    expect((await admin.send('POST', '/admin/users', { body })).status).toBe(201);
    for (const [, end] of ENDS) expect(whole(await end(admin, admin.id))).toEqual(LAST_ADMIN);
    expect((await admin.get('/admin/users')).status).toBe(200);
  });

  it('stays when only something else of it is changed', async () => {
    const admin = await newAdmin(service);
    for (const body of [{ is_admin: true }, { status: 'active' }])
      expect((await admin.change(admin.id, body)).status).toBe(200);
    expect((await admin.send('POST', `/admin/users/${admin.id}/revoke-sessions`)).status).toBe(204);
  });

  it.each(ENDS)('stays, of two who see that the other is %s at the same time', async (_how, end) => {
    for (let round = 0; round < 10; round++) {
      await users().update({ isAdmin: true }, { isAdmin: false });
      const [one, other] = [await newAdmin(service), await newAdmin(service)];
      await Promise.all([end(one, other.id), end(other, one.id)]);
      expect(await activeAdmins()).toBe(1);
    }
  });

  it('stays, of twelve who all end each other in every way at once', async () => {
    const admins: Admin[] = [];
    for (let n = 0; n < 12; n++) admins.push(await newAdmin(service));
    const attempts = admins.flatMap((by, at) =>
      admins.map(({ id }, n) => (ENDS[(at + n) % ENDS.length] as (typeof ENDS)[number])[1](by, id)),
    );
    const answers = await Promise.all(attempts);
    expect(await activeAdmins()).toBe(1);
    const statuses = new Set(answers.map(({ status }) => status));
    // The guards of somebody who is none any more refuse with 401 or 403.
    expect([...statuses].filter((status) => ![200, 204, 401, 403, 404, 409].includes(status))).toEqual([]);
  });
});
