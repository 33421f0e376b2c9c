import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../src/tokens/session.entity.js';
import { User } from '../../src/users/user.entity.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, idsOf } from '../support/account.client.js';
import { newAdmin, somebody } from '../support/admins.js';
import { CookieClient } from '../support/cookie.client.js';
import { type Answer, send } from '../support/http.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const ROUTES: [method: string, path: string, body?: object][] = [
  ['GET', '/admin/users'],
  ['POST', '/admin/users', {}],
  ['GET', '/admin/users/1'],
  ['PATCH', '/admin/users/1', {}],
  ['DELETE', '/admin/users/2147483647'],
  ['GET', '/admin/users/1/sessions'],
  ['DELETE', '/admin/users/1/sessions/0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57'],
  ['POST', '/admin/users/1/revoke-sessions'],
  ['GET', '/admin/audit'],
  ['GET', '/admin/usage'],
];

const ADMIN_REQUIRED = problem('admin_required');

let service: Service;

beforeAll(async () => {
  service = await startService();
  await newAdmin(service);
});
afterAll(() => service.stop());

function users(): ReturnType<DataSource['getRepository']> {
  return service.app.get(DataSource).getRepository(User);
}

describe.each(ROUTES)('%s %s', (method, path, body) => {
  const ask = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
    send(method, service.url + path, { headers, ...(body && { body }) });

  it('refuses whoever presents no token, or is no administrator, or none any more', async () => {
    expect(whole(await ask({}))).toEqual(problem('token_missing'));
    const { id, access } = await somebody(service);
    const headers = { authorization: `Bearer ${access}` };
    expect(whole(await ask(headers))).toEqual(ADMIN_REQUIRED);
    await users().update({ id }, { isAdmin: true, status: 'pending' });
    expect(whole(await ask(headers))).toEqual(ADMIN_REQUIRED);
  });

  it('demands the PIN of an administrator who has one, and was not asked within five minutes', async () => {
    const { id, token } = await new CookieClient(service.url).newcomer();
    const cookie = `token=${token}`;
    const pin = { headers: { cookie }, body: { pin: 'PIN2' } };
    expect((await send('POST', `${service.url}/protected/pin`, pin)).status).toBe(200);
    await users().update({ id }, { isAdmin: true });
    await service.app.get(DataSource).getRepository(Session).update({ userId: id }, { pinProvedAt: null });
    expect(whole(await ask({ cookie }))).toEqual(problem('pin_proof_required'));
    expect(whole(await ask({ cookie, 'x-pin': 'PIN3' }))).toEqual(problem('pin_wrong'));
    expect((await ask({ cookie, 'x-pin': 'PIN2' })).status).not.toBe(403);
    expect((await ask({ cookie })).status).not.toBe(403);
  });
});

describe('An administrator', () => {
  it.each(DRIVERS)('may come with a token of $name', async (driver) => {
    const client = new AccountClient(() => service, driver);
    const holder = await client.newcomer();
    expect(whole(await askAs(service, holder, 'GET', '/admin/users'))).toEqual(ADMIN_REQUIRED);
    const { accountId } = await idsOf(service, holder);
    await users().update({ id: accountId }, { isAdmin: true });
    expect((await askAs(service, holder, 'GET', '/admin/users')).status).toBe(200);
    const change = await askAs(service, holder, 'PATCH', `/admin/users/${accountId}`, { body: { is_admin: false } });
    expect(change.json).toMatchObject({ id: accountId, is_admin: false });
    expect((await askAs(service, holder, 'GET', '/admin/users')).status).toBe(401);
    const again = await client.signIn(holder.person);
    expect(whole(await askAs(service, again, 'GET', '/admin/users'))).toEqual(ADMIN_REQUIRED);
  });

  it('is not made to act by another site’s page', async () => {
    const { id, token } = await new CookieClient(service.url).newcomer();
    await users().update({ id }, { isAdmin: true });
    const headers = { cookie: `token=${token}`, 'sec-fetch-site': 'cross-site' };
    expect(whole(await send('DELETE', `${service.url}/admin/users/${id}`, { headers }))).toEqual(
      problem('cross_site_request'),
    );
  });
});
