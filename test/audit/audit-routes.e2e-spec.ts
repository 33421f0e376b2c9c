import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BY_SERVICE } from '../../src/audit/audit-entry.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { type Admin, newAdmin, somebody } from '../support/admins.js';
import { send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { bothEngines } from '../support/engines.js';
import { invalidFields } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const UUID_V7: unknown = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);

describe.each(bothEngines('audit'))('GET /admin/audit on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;

  beforeAll(async () => {
    service = await startService(await settings());
    admin = await newAdmin(service);
  });
  afterAll(() => service.stop());

  /** Records something about an account that does not exist, after some seconds. */
  function record(accountId: number, seconds: number, more: object = {}): void {
    service.advance(seconds);
    service.app.get(AuditLog).record({ kind: 'signed_out', from: BY_SERVICE, accountId, ...more });
  }

  async function details(query: string): Promise<unknown[]> {
    // That the trail was read is in the trail, too.
    const events = (await admin.events(query)).filter(({ kind }) => kind !== 'trail_read');
    return events.map(({ detail }) => (detail as { n: number } | null)?.n);
  }

  it('answers whole events: who did what, to whom, from where, through which door and with which result', async () => {
    const { id } = await somebody(service);
    const headers = { authorization: `Bearer ${admin.access}`, 'user-agent': 'operator/1', 'x-request-id': 'change-1' };
    const before = Date.now();
    await send('PATCH', `${service.url}/admin/users/${id}`, { headers, body: { is_admin: true, status: 'active' } });
    await service.app.get(AuditLog).flush();
    const { status, json } = await admin.get(`/admin/audit?account=${id}&kind=account_changed`);
    const [{ at }] = (json as { events: [{ at: string }] }).events;
    expect(Math.abs(Date.parse(at) - before)).toBeLessThan(60_000);
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        events: [
          {
            id: UUID_V7,
            at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
            kind: 'account_changed',
            refusal: null,
            account_id: id,
            actor_id: admin.id,
            actor: null,
            identifier_hash: null,
            door: 'admin',
            session_id: expect.any(String) as string,
            ip: '127.0.0.1',
            user_agent: 'operator/1',
            request_id: 'change-1',
            count: 1,
            detail: { status: 'active', is_admin: true },
          },
        ],
        next_cursor: null,
      },
    });
  });

  it('records everything that an administrator does, and what is refused', async () => {
    const { username, email } = newPerson();
    const created = await admin.send('POST', '/admin/users', { body: { username, email, is_admin: true } });
    const { id } = created.json as { id: number };
    await admin.send('POST', '/admin/users', { body: { username, password: 'battery horse 12' } });
    await admin.send('POST', `/admin/users/${id}/revoke-sessions`);
    await admin.send('DELETE', `/admin/users/${id}/sessions/0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57`);
    await admin.change(id, { force_password_reset: true });
    await admin.delete(id);
    await admin.delete(id);
    await admin.change(id, { status: 'active' });
    const events = (await admin.events(`actor=${admin.id}&limit=8`)).toReversed();
    expect(events.map(({ kind, refusal, account_id, detail }) => [kind, refusal, account_id, detail])).toEqual([
      ['account_created', null, id, { is_admin: true, email_verified: false }],
      ['account_created', 'username_taken', null, { is_admin: false, email_verified: false }],
      ['sessions_revoked', null, id, null],
      ['sessions_revoked', 'session_not_found', id, null],
      ['account_changed', null, id, { force_password_reset: true }],
      ['account_deleted', null, id, null],
      ['account_deleted', 'account_not_found', id, null],
      ['account_changed', 'account_not_found', id, { status: 'active' }],
    ]);
    expect(events[1]?.identifier_hash).toMatch(/^[\da-f]{64}$/);
    expect(JSON.stringify(events)).not.toContain(username);
  });

  it('answers by account, actor, kind and time, in any combination, the newest first', async () => {
    const start = Date.now();
    const [account, actorId] = [1_000_001, 1_000_002];
    record(account, 10, { detail: { n: 1 } });
    record(account, 10, { actorId, detail: { n: 2 } });
    record(account, 10, { actorId, kind: 'signed_in', detail: { n: 3 } });
    record(account + 5, 10, { actorId, kind: 'signed_in', detail: { n: 4 } });
    await service.app.get(AuditLog).flush();
    const times = (await admin.events(`account=${account}`)).map(({ at }) => at as string).toReversed();
    expect(times).toHaveLength(3);
    expect(Date.parse(times[0] as string)).toBeGreaterThan(start);
    const [first, second, third] = times;

    expect(await details(`account=${account}`)).toEqual([3, 2, 1]);
    expect(await details(`actor=${actorId}`)).toEqual([4, 3, 2]);
    expect(await details(`account=${account}&actor=${actorId}`)).toEqual([3, 2]);
    expect(await details(`actor=${actorId}&kind=signed_in`)).toEqual([4, 3]);
    expect(await details(`account=${account}&actor=${actorId}&kind=signed_in`)).toEqual([3]);
    expect(await details(`account=${account}&from=${second}`)).toEqual([3, 2]);
    expect(await details(`account=${account}&to=${third}`)).toEqual([2, 1]);
    expect(await details(`account=${account}&from=${first}&to=${second}`)).toEqual([1]);
    expect(await details(`account=${account}&from=${third}&to=${third}`)).toEqual([]);
    expect(await details(`kind=signed_in&from=${third}&limit=2`)).toEqual([4, 3]);
    expect(await details(`from=${third}`)).toEqual([4, 3]);
    expect(await details('account=2147483647')).toEqual([]);
  });

  it('answers a page at a time, without gaps and without repeating itself', async () => {
    const account = 2_000_001;
    for (let n = 1; n <= 7; n++) record(account, 0, { detail: { n } });
    await service.app.get(AuditLog).flush();
    const found: unknown[] = [];
    let cursor = '';
    for (const length of [3, 3, 1]) {
      const { json } = await admin.get(`/admin/audit?account=${account}&limit=3${cursor}`);
      const { events, next_cursor } = json as { events: { detail: { n: number } }[]; next_cursor: string | null };
      expect(events).toHaveLength(length);
      expect(next_cursor === null).toBe(length === 1);
      found.push(...events.map(({ detail }) => detail.n));
      cursor = `&cursor=${next_cursor}`;
      // What is recorded meanwhile belongs before the first page.
      record(account, 1, { detail: { n: 0 } });
    }
    expect(found).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it('refuses parameters that mean nothing', async () => {
    const ID = 'Must be the id of an account.';
    const TIME = 'Must be a time of ISO 8601 with its zone.';
    const CURSOR = 'Must be the next_cursor of a page.';
    const encoded = (...values: unknown[]): string => Buffer.from(JSON.stringify(values)).toString('base64url');
    const refused: [string, string, string][] = [
      ['account=x', 'account', ID],
      ['account=2147483648', 'account', ID],
      ['actor=0', 'actor', ID],
      ['kind=nonsense', 'kind', 'Must be a kind of event.'],
      ['from=yesterday', 'from', TIME],
      ['from=2026-01-01', 'from', TIME],
      ['from=2026-01-01T00:00:00', 'from', TIME],
      ['to=2026-02-30T00:00:00Z', 'to', TIME],
      ['to=2026-01-01T25:00:00Z', 'to', TIME],
      ['limit=x', 'limit', 'Must be a whole number from 1 to 200.'],
      ['cursor=x', 'cursor', CURSOR],
      [`cursor=${encoded(1)}`, 'cursor', CURSOR],
      [`cursor=${encoded('no id')}`, 'cursor', CURSOR],
    ];
    for (const [query, field, detail] of refused)
      expect(whole(await admin.get(`/admin/audit?${query}`))).toEqual(invalidFields([field, detail]));
    for (const time of ['0000-01-01T00:00Z', '9999-12-31T23:59:59.999-12:00', '2026-01-01T00:00:00%2B14:00'])
      expect((await admin.get(`/admin/audit?from=${time}&to=${time}`)).status).toBe(200);
  });
});
