import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BY_SERVICE } from '../../src/audit/audit-entry.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { leastIdAt } from '../../src/database/uuid-v7.js';
import { CONTRACTS } from '../../src/contracts/index.js';
import { OAUTH_REFUSALS } from '../../src/oauth/oauth-error.js';
import { CONTRACT_NAMES, DOOR_NAMES, OAUTH_CODES } from '../../src/admin/trail-names.js';
import { UsersService } from '../../src/users/users.service.js';
import { cookie } from '../drivers/cookie.driver.js';
import { type Admin, newAdmin, somebody } from '../support/admins.js';
import { bothEngines } from '../support/engines.js';
import { fill } from '../support/fill.js';
import { send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

type Event = Record<string, unknown>;

const CLIENT = 'svc_717171717171717171717171';

describe.each(bothEngines('trail'))('The audit trail on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;

  beforeAll(async () => {
    service = await startService(await settings());
    admin = await newAdmin(service);
  });
  afterAll(() => service.stop());

  function record(n: number, more: object, from: object = {}): void {
    service.app.get(AuditLog).record({ kind: 'signed_out', detail: { n }, ...more, from: { ...BY_SERVICE, ...from } });
  }
  const numbers = (events: readonly Event[]): unknown[] =>
    events.map(({ detail }) => (detail as { n?: number } | null)?.n);

  async function lines(query: string): Promise<Event[]> {
    await service.app.get(AuditLog).flush();
    const { status, text, headers } = await admin.get(`/admin/audit/export?${query}`);
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Event);
  }

  it('answers by refusal, address, contract and client, alone and together, and exports the same', async () => {
    record(1, { refusal: 'pin_wrong', accountId: 71 }, { ip: '192.0.2.71', door: 'cookie' });
    record(2, { actor: CLIENT }, { ip: '192.0.2.71', door: 'oauth' });
    record(3, { refusal: 'pin_locked', accountId: 71 }, { ip: '2001:db8::71', door: 'cookie' });
    record(4, { refusal: 'pin_wrong', accountId: 72 }, { ip: '192.0.2.72', door: 'cookie' });
    const found: [string, number[]][] = [
      ['refusal=pin_wrong', [4, 1]],
      ['refusal=pin_wrong&account=71', [1]],
      ['address=192.0.2.71', [2, 1]],
      ['address=%3A%3Affff%3A192.0.2.71', [2, 1]],
      ['address=2001:DB8:0:0::0071', [3]],
      ['address=192.0.2.71&contract=cookie', [1]],
      ['contract=cookie', [4, 3, 1]],
      ['contract=cookie&refusal=pin_locked', [3]],
      [`client=${CLIENT}`, [2]],
      [`client=${CLIENT}&contract=cookie`, []],
      [`client=${CLIENT.replaceAll('7', '8')}`, []],
      ['refusal=pin_wrong&address=192.0.2.72&contract=cookie&account=72&kind=signed_out', [4]],
    ];
    for (const [query, expected] of found) {
      expect([query, numbers(await admin.events(query))]).toEqual([query, expected]);
      expect([query, numbers(await lines(query))]).toEqual([query, expected]);
    }
    expect(await lines('refusal=pin_wrong')).toEqual(await admin.events('refusal=pin_wrong'));
  });

  it('answers by an e-mail address what was done to the account that has it, or refused to nobody', async () => {
    const { email, username } = newPerson();
    const body = { email, username, password: 'Aurora borealis 7#' };
    const { email: nobodys } = newPerson();
    const { id } = (await admin.send('POST', '/admin/users', { body })).json as { id: number };
    record(5, { accountId: id });
    record(6, { refusal: 'account_unknown', identifier: nobodys });
    const asked = encodeURIComponent(email.toUpperCase());
    expect(numbers(await admin.events(`address=${asked}&kind=signed_out`))).toEqual([5]);
    expect(numbers(await admin.events(`address=${asked}&account=${id}&kind=signed_out`))).toEqual([5]);
    expect(await admin.events(`address=${asked}&account=${admin.id}`)).toEqual([]);
    expect(numbers(await admin.events(`address=${encodeURIComponent(nobodys)}&kind=signed_out`))).toEqual([6]);
  });

  it('answers by an address that nobody has proved what was done to each account that claims it, page by page', async () => {
    const { email } = newPerson();
    const ids: number[] = [];
    for (let n = 0; n < 3; n++) {
      const { username, password } = newPerson('Secret1234#');
      const { path, ...sending } = cookie.registration({ username, password, email });
      expect((await send('POST', `${service.url}/cookie${path}`, sending)).status).toBe(201);
      ids.push((await service.app.get(UsersService).findByName('username', username))?.id ?? 0);
    }
    await admin.change(ids[1] as number, { status: 'deactivated' });
    for (let n = 10; n < 19; n++) record(n, { accountId: ids[n % 3] });
    const query = `address=${encodeURIComponent(email)}&kind=signed_out`;
    expect(numbers(await admin.events(query))).toEqual([18, 17, 16, 15, 14, 13, 12, 11, 10]);
    expect(numbers(await admin.events(`${query}&account=${ids[0]}`))).toEqual([18, 15, 12]);
    expect(await lines(query)).toEqual(await admin.events(query));
    const found: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { json } = await admin.get(`/admin/audit?${query}&limit=2${cursor && `&cursor=${cursor}`}`);
      const page = json as { events: Event[]; next_cursor: string | null };
      expect(page.events.length).toBeLessThanOrEqual(2);
      found.push(...numbers(page.events));
      cursor = page.next_cursor;
    }
    expect(found).toEqual([18, 17, 16, 15, 14, 13, 12, 11, 10]);
  });

  it('knows every contract, code and part of the native API by name that keeps a trail', async () => {
    expect(CONTRACT_NAMES).toEqual(CONTRACTS.map(({ contract }) => contract.name));
    expect(OAUTH_CODES).toEqual(Object.keys(OAUTH_REFUSALS));
    const { json } = await send('GET', `${service.url}/docs/native/openapi.json`);
    const parts = Object.keys((json as { paths: object }).paths).map((path) => path.split('/')[1] as string);
    const silent = ['', '.well-known', 'health'];
    expect([...new Set(parts)].filter((part) => ![...DOOR_NAMES, ...silent].includes(part))).toEqual([]);
  });

  it('keeps who read and exported it, by what, and no name', async () => {
    await admin.events('refusal=pin_wrong&address=somebody@example.com');
    await lines('contract=basic');
    const read = await admin.events(`actor=${admin.id}&kind=trail_read`);
    expect(read[0]).toMatchObject({
      detail: { refusal: 'pin_wrong' },
      identifier_hash: expect.stringMatching(/^[\da-f]{64}$/) as string,
      refusal: null,
    });
    expect(JSON.stringify(read)).not.toContain('somebody');
    expect((await admin.events(`actor=${admin.id}&kind=trail_exported`))[0]).toMatchObject({
      detail: { contract: 'basic' },
    });
    await admin.get('/admin/users?query=somebody');
    const searched = await admin.events(`actor=${admin.id}&kind=accounts_searched`);
    expect(searched[0]).toMatchObject({ identifier_hash: expect.stringMatching(/^[\da-f]{64}$/) as string });
    expect(JSON.stringify(searched)).not.toContain('somebody');
  });

  it('refuses parameters that mean nothing, and whoever is no administrator', async () => {
    const CODE = 'Must be the code of a refusal.';
    const DOOR = 'Must be the name of a contract, or of a part of this API.';
    const ACTOR = 'Must be the id of a service client, or `command line` or `service`.';
    const refused: [string, string, string][] = [
      ['refusal=%00', 'refusal', CODE],
      ['refusal=pasword_wrong', 'refusal', CODE],
      ['refusal=PASSWORD_WRONG', 'refusal', CODE],
      ['contract=', 'contract', DOOR],
      ['contract=bare_token', 'contract', DOOR],
      ['contract=health', 'contract', DOOR],
      ['client=%0a', 'client', ACTOR],
      ['client=svc_7', 'client', ACTOR],
      ['address=x', 'address', 'Must be an IP address or an e-mail address.'],
      ['address=192.0.2.0/24', 'address', 'Must be an IP address or an e-mail address.'],
    ];
    for (const path of ['audit', 'audit/export'])
      for (const [query, field, detail] of refused)
        expect(whole(await admin.get(`/admin/${path}?${query}`))).toEqual(invalidFields([field, detail]));
    const { access } = await somebody(service);
    const headers = { authorization: `Bearer ${access}` };
    expect(whole(await send('GET', `${service.url}/admin/audit/export`, { headers }))).toEqual(
      problem('admin_required'),
    );
  });

  describe('of very many events', () => {
    const MANY = 20_000;

    beforeAll(async () => {
      const isPostgres = service.app.get(DataSource).options.type === 'postgres';
      const hex = isPostgres ? `lpad(to_hex(i), 12, '0')` : `printf('%012x', i)`;
      const start = leastIdAt(new Date(0)).slice(0, 9);
      await fill(
        service,
        `INSERT INTO audit_events (id, at, kind, account_id, door, detail)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
         SELECT ('${start}0000-7000-8000-' || ${hex})${isPostgres ? '::uuid' : ''}, '1970-01-01', 'key_retired', 4242,
           CASE WHEN i <= 3 THEN 'basic' ELSE 'cookie' END, '{"filler":"${'x'.repeat(500)}"}' FROM n`,
      );
    });

    it('exports all of them, each once', async () => {
      const events = await lines('kind=key_retired');
      expect([events.length, new Set(events.map(({ id }) => id)).size]).toEqual([MANY, MANY]);
    });

    it('looks at so many events a page where others are passed over, and finds those behind them', async () => {
      const ids: unknown[] = [];
      let cursor: string | null = '';
      let pages = 0;
      for (; cursor !== null; pages++) {
        const { json } = await admin.get(`/admin/audit?account=4242&contract=basic${cursor && `&cursor=${cursor}`}`);
        const page = json as { events: Event[]; next_cursor: string | null };
        ids.push(...page.events.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      expect([ids.length, pages]).toEqual([3, MANY / 5000]);
    });

    it('reads no further than the reader of an export has come', async () => {
      const statements: string[] = [];
      const { logger } = service.app.get(DataSource);
      const before = logger.logQuery.bind(logger);
      logger.logQuery = (statement: string) => void statements.push(statement);
      const asking = request(`${service.url}/admin/audit/export?kind=key_retired`, {
        headers: { authorization: `Bearer ${admin.access}` },
      });
      const answered = new Promise<NodeJS.ReadableStream>((resolve) => asking.on('response', resolve));
      asking.end();
      const answer = await answered;
      const reads = (): number => statements.filter((text) => text.includes('FROM audit_events')).length;
      let seen = -1;
      // The buffers on the way fill up; then nothing is read any more.
      await expect
        .poll(() => [seen, (seen = reads())], { interval: 300, timeout: 20_000 })
        .toSatisfy(([earlier, now]: number[]) => earlier === now);
      expect(seen).toBeLessThan(MANY / 500);
      asking.destroy();
      answer.on('error', () => undefined);
      await setTimeout(0);
      logger.logQuery = before;
    });
  });
});
