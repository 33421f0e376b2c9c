import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, idsOf } from '../support/account.client.js';
import { type Admin, newAdmin, NO_IDS, somebody } from '../support/admins.js';
import type { Answer } from '../support/http.js';
import { IN_BODY, IN_HEADER, PairClient } from '../support/pairs.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { atOneUse } from '../support/statements.js';
import { whole } from '../support/whole.js';

const NO_ACCOUNT = problem('account_not_found');
const NO_SESSION = problem('session_not_found');

let service: Service;
let admin: Admin;
let pairs: PairClient;

beforeAll(async () => {
  service = await startService();
  admin = await newAdmin(service);
  pairs = new PairClient(service.url);
});
afterAll(() => service.stop());

interface Listed {
  readonly sessions: { id: string; contract: string }[];
  readonly next_cursor: string | null;
}

async function listed(id: number, query = ''): Promise<Listed> {
  return (await admin.get(`/admin/users/${id}/sessions?${query}`)).json as Listed;
}

describe('GET /admin/users/:id/sessions', () => {
  it('answers the live sessions as their owner sees them, but for which one asks', async () => {
    const driver = DRIVERS[1] as (typeof DRIVERS)[number];
    const holder = await new AccountClient(() => service, driver).newcomer({
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    });
    const { accountId } = await idsOf(service, holder);
    const list = (): Promise<Answer> => askAs(service, holder, 'GET', '/account/sessions');
    const [own, seen] = await atOneUse(service, list, async () => [
      (await list()).json as Listed,
      await admin.get(`/admin/users/${accountId}/sessions`),
    ]);
    expect(own.sessions).toHaveLength(2);
    expect(whole(seen)).toEqual({
      status: 200,
      body: {
        sessions: own.sessions.map((session) => {
          const { current, ...rest } = session as { current?: boolean };
          expect(current).toEqual(expect.any(Boolean));
          return rest;
        }),
        next_cursor: null,
      },
    });
  });

  it('answers a page at a time', async () => {
    const { id, person } = await somebody(service);
    for (let n = 0; n < 2; n++) await pairs.session(person);
    const first = await listed(id, 'limit=2');
    const second = await listed(id, `limit=2&cursor=${first.next_cursor}`);
    expect([first.sessions.length, second.sessions.length, second.next_cursor]).toEqual([2, 1, null]);
    expect(new Set([...first.sessions, ...second.sessions].map((session) => session.id)).size).toBe(3);
    expect(whole(await admin.get(`/admin/users/${id}/sessions?limit=0`))).toEqual(
      invalidFields(['limit', 'Must be a whole number from 1 to 200.']),
    );
  });

  it('is in the audit trail', async () => {
    const { id } = await somebody(service);
    await listed(id);
    expect(await admin.events(`account=${id}&kind=sessions_listed`)).toMatchObject([{ actor_id: admin.id }]);
  });

  it('knows no account that does not exist', async () => {
    for (const id of ['2147483647', ...NO_IDS])
      expect(whole(await admin.get(`/admin/users/${id}/sessions`))).toEqual(NO_ACCOUNT);
  });
});

describe('DELETE /admin/users/:id/sessions/:session_id', () => {
  it('ends that session at once and no other', async () => {
    const { id, person, access, refresh } = await somebody(service);
    const [first] = (await listed(id)).sessions;
    const other = await pairs.session(person);
    const answer = await admin.send('DELETE', `/admin/users/${id}/sessions/${first?.id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(whole(await pairs.getUser(access))).toEqual(IN_HEADER.notValid);
    expect(whole(await pairs.refresh(refresh))).toEqual(IN_BODY.blacklisted);
    expect((await pairs.getUser(other.access)).status).toBe(200);
    expect(whole(await admin.send('DELETE', `/admin/users/${id}/sessions/${first?.id}`))).toEqual(NO_SESSION);
  });

  it('knows no session of another account, and none that is no id', async () => {
    const [one, other] = [await somebody(service), await somebody(service)];
    const [session] = (await listed(other.id)).sessions;
    const ids = [session?.id, session?.id.toUpperCase(), 'current', 'nonsense', '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57'];
    for (const id of ids)
      expect(whole(await admin.send('DELETE', `/admin/users/${one.id}/sessions/${id}`))).toEqual(NO_SESSION);
    expect((await pairs.getUser(other.access)).status).toBe(200);
  });
});

describe('POST /admin/users/:id/revoke-sessions', () => {
  it('ends every session of the account at once, and lets it sign in again', async () => {
    const { id, person, access, refresh } = await somebody(service);
    const other = await pairs.session(person);
    const answer = await admin.send('POST', `/admin/users/${id}/revoke-sessions`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const token of [access, other.access]) expect(whole(await pairs.getUser(token))).toEqual(IN_HEADER.notValid);
    expect(whole(await pairs.refresh(refresh))).toEqual(IN_BODY.blacklisted);
    expect((await listed(id)).sessions).toEqual([]);
    expect((await pairs.signIn(person)).status).toBe(200);
  });

  it('knows no account that does not exist', async () => {
    for (const id of ['2147483647', ...NO_IDS])
      expect(whole(await admin.send('POST', `/admin/users/${id}/revoke-sessions`))).toEqual(NO_ACCOUNT);
  });
});
