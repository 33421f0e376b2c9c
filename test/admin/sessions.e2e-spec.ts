import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS } from '../drivers/index.js';
import { type Admin, newAdmin, SOME_TIME, somebody } from '../support/admins.js';
import { bothEngines } from '../support/engines.js';
import { fill } from '../support/fill.js';
import { holder } from '../support/holders.js';
import { invalidFields } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { atOneUse } from '../support/statements.js';
import { whole } from '../support/whole.js';

interface Listed {
  readonly id: string;
  readonly account_id: number;
  readonly contract: string;
  readonly created_at: string;
}

describe.each(bothEngines('all_sessions'))('GET /admin/sessions on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;

  beforeAll(async () => {
    service = await startService({ ...(await settings()), EMAIL_VERIFICATION: 'off' });
    admin = await newAdmin(service);
  });
  afterAll(() => service.stop());

  async function page(query: string): Promise<{ sessions: Listed[]; next_cursor: string | null }> {
    const { status, json, text } = await admin.get(`/admin/sessions?${query}`);
    if (status !== 200) throw new Error(text);
    return json as { sessions: Listed[]; next_cursor: string | null };
  }

  const unchanging = (act: () => Promise<void>): Promise<void> => atOneUse(service, () => page('limit=1'), act);

  it('answers the live sessions of every account and contract, the newest first, with whose they are', async () => {
    for (const driver of DRIVERS) {
      service.advance(1);
      await holder(service.url, driver);
    }
    await unchanging(async () => {
      const { sessions } = await page('limit=200');
      expect(new Set(sessions.map(({ contract }) => contract))).toEqual(new Set(DRIVERS.map(({ name }) => name)));
      const times = sessions.map(({ created_at }) => created_at);
      expect(times).toEqual(times.toSorted().toReversed());
      expect(sessions.at(-1)).toEqual({
        id: expect.any(String) as string,
        account_id: admin.id,
        contract: 'token-pair',
        device: null,
        user_agent: null,
        ip: '127.0.0.1',
        created_at: SOME_TIME,
        last_seen_at: SOME_TIME,
        expires_at: SOME_TIME,
      });
      for (const { name } of DRIVERS)
        expect((await page(`contract=${name}&limit=200`)).sessions).toEqual(
          sessions.filter(({ contract }) => contract === name),
        );
    });
  });

  it('goes on where the page before ended, and answers each session once', async () => {
    await unchanging(async () => {
      const { sessions } = await page('limit=200');
      const found: Listed[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const next: Awaited<ReturnType<typeof page>> = await page(`limit=2${cursor && `&cursor=${cursor}`}`);
        found.push(...next.sessions);
        cursor = next.next_cursor;
      }
      expect(found).toEqual(sessions);
    });
  });

  it('answers by account and by when they were opened', async () => {
    const { id } = await somebody(service);
    const [session] = (await page(`account=${id}`)).sessions;
    expect(session).toMatchObject({ account_id: id, contract: 'token-pair' });
    const at = encodeURIComponent(session?.created_at ?? '');
    expect((await page(`account=${id}&from=${at}`)).sessions).toEqual([session]);
    expect((await page(`account=${id}&to=${at}`)).sessions).toEqual([]);
    expect((await page(`account=${id}&contract=basic`)).sessions).toEqual([]);
    expect((await page(`from=${at}&contract=token-pair`)).sessions).toContainEqual(session);
    const older = (await page(`to=${at}&limit=1`)).sessions;
    expect(older.map((one) => one.created_at < (session?.created_at ?? ''))).toEqual([true]);
    expect((await page('account=2147483647')).sessions).toEqual([]);
  });

  it('leaves out sessions that ended, one by one or with all of their account', async () => {
    const { id } = await somebody(service);
    const [one] = (await page(`account=${id}`)).sessions;
    await admin.delete(id);
    expect((await page('limit=200')).sessions.map((session) => session.id)).not.toContain(one?.id);
    const other = await somebody(service);
    const [ended] = (await page(`account=${other.id}`)).sessions;
    await admin.send('DELETE', `/admin/users/${other.id}/sessions/${ended?.id}`);
    expect((await page('limit=200')).sessions.map((session) => session.id)).not.toContain(ended?.id);
  });

  it('looks at so many sessions a request where thousands count no more, and finds those behind them', async () => {
    const { id } = await somebody(service);
    const [behind] = (await page('limit=1')).sessions;
    const store = service.app.get(DataSource);
    const uuid = store.options.type === 'postgres' ? ['(', `)::uuid`] : ['', ''];
    const hex = store.options.type === 'postgres' ? `lpad(to_hex(i), 12, '0')` : `printf('%012x', i)`;
    await fill(
      service,
      `INSERT INTO sessions (id, user_id, contract, security_epoch, generation, rotated_at, created_at, last_seen_at, expires_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
       SELECT ${uuid[0]}'00000000-0000-4000-8000-' || ${hex}${uuid[1]}, ${id}, 'cookie', -1, 0, '2090-01-01 00:00:00.000',
         '2090-01-01 00:00:00.000', '2090-01-01 00:00:00.000', '2091-01-01 00:00:00.000' FROM n`,
    );
    const first = await page('limit=1');
    expect(first.sessions).toEqual([]);
    expect((await page(`limit=1&cursor=${first.next_cursor}`)).sessions).toEqual([behind]);
    await fill(service, "DELETE FROM sessions WHERE created_at > '2089-01-01'");
  });

  it('is in the trail, with who asked and for which', async () => {
    const { id } = await somebody(service);
    await page(`account=${id}&contract=cookie`);
    expect(await admin.events(`account=${id}&kind=sessions_listed`)).toMatchObject([
      { actor_id: admin.id, account_id: id, detail: { contract: 'cookie' } },
    ]);
  });

  it('refuses parameters that mean nothing', async () => {
    const refused: [string, string, string][] = [
      ['account=x', 'account', 'Must be the id of an account.'],
      ['contract=%00', 'contract', 'Must be the name of a contract.'],
      ['contract=bare', 'contract', 'Must be the name of a contract.'],
      ['from=yesterday', 'from', 'Must be a time of ISO 8601 with its zone.'],
      ['to=2026-01-01', 'to', 'Must be a time of ISO 8601 with its zone.'],
      ['limit=0', 'limit', 'Must be a whole number from 1 to 200.'],
      ['cursor=x', 'cursor', 'Must be the next_cursor of a page.'],
    ];
    for (const [query, field, detail] of refused)
      expect(whole(await admin.get(`/admin/sessions?${query}`))).toEqual(invalidFields([field, detail]));
  });
});
