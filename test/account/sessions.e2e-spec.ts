import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '../../src/config/clock.js';
import { encodeCursor } from '../../src/contract-kit/cursor.js';
import { Session } from '../../src/tokens/session.entity.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { accountOf } from '../support/accounts.js';
import { invalidFields } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import { whole } from '../support/whole.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const DEVICE_OF_FIREFOX = {
  browser: 'Firefox',
  browser_version: '128.0',
  os: 'Linux',
  os_version: null,
  type: 'desktop',
};
const BAD_LIMIT = invalidFields(['limit', 'Must be a whole number from 1 to 200.']);
const BAD_CURSOR = invalidFields(['cursor', 'Must be the next_cursor of a page.']);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

interface Listed {
  readonly id: string;
  readonly contract: string;
  readonly current: boolean;
  readonly device: unknown;
  readonly created_at: string;
  readonly last_seen_at: string;
  readonly expires_at: string;
}

interface List {
  readonly sessions: Listed[];
  readonly next_cursor: string | null;
}

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const clientOf = (driver: Driver): AccountClient => new AccountClient(() => service, driver);

async function list(holder: Pick<Holder, 'headers'>, query = ''): Promise<List> {
  const { status, json } = await askAs(service, holder, 'GET', `/account/sessions${query}`);
  expect(status).toBe(200);
  return json as List;
}

const listed = async (holder: Holder, query: string): Promise<object> =>
  whole(await askAs(service, holder, 'GET', `/account/sessions${query}`));

/** Somebody with so many sessions, each a second after the one before. */
async function manySessions(count: number): Promise<Holder> {
  const client = clientOf(bareToken);
  const holder = await client.newcomer();
  const { json } = await askAs(service, holder, 'GET', '/account/sessions');
  for (let have = (json as List).sessions.length; have < count; have++) {
    service.advance(1);
    await client.signIn(holder.person);
  }
  return holder;
}

describe('GET /account/sessions', () => {
  it.each(DRIVERS)('shows a session of $name, whole', async (driver) => {
    const { person } = await clientOf(driver).newcomer();
    await clearSessions(person);
    const holder = await clientOf(driver).signIn(person, { 'user-agent': FIREFOX });
    const { sessionId } = await idsOf(service, holder);

    expect(await listed(holder, '')).toEqual({
      status: 200,
      body: {
        sessions: [
          {
            id: sessionId,
            contract: driver.name,
            device: DEVICE_OF_FIREFOX,
            user_agent: FIREFOX,
            ip: '127.0.0.1',
            created_at: TIME,
            last_seen_at: TIME,
            expires_at: TIME,
            current: true,
          },
        ],
        next_cursor: null,
      },
    });
  });

  it('shows the sessions of all contracts, the newest first, and which one asks', async () => {
    const person = bareToken.newPerson();
    const first = await clientOf(bareToken).ask(bareToken.registration(person));
    const asking = { headers: { authorization: bareToken.credential(first) } };
    for (const name of ['token-pair', 'opaque-token']) {
      service.advance(1);
      await clientOf(DRIVERS.find((driver) => driver.name === name) as Driver).signIn(person);
    }

    const { sessions } = await list(asking);
    expect(sessions.map(({ contract, current }) => [contract, current])).toEqual([
      ['opaque-token', false],
      ['token-pair', false],
      ['bare-token', true],
    ]);
  });

  it("shows nobody else's", async () => {
    const [mine, other] = [await clientOf(bareToken).newcomer(), await clientOf(bareToken).newcomer()];
    const ids = (await list(mine)).sessions.map(({ id }) => id);
    expect((await list(other)).sessions.filter(({ id }) => ids.includes(id))).toEqual([]);
  });

  it('shows no session that was ended, has expired or was left behind by the account', async () => {
    const holder = await manySessions(5);
    const { sessions } = await list(holder);
    const [newest, ended, expired, behind] = sessions.map(({ id }) => id);
    const rows = service.app.get(DataSource).getRepository(Session);
    await askAs(service, holder, 'DELETE', `/account/sessions/${ended}`);
    await rows.update({ id: expired as string }, { expiresAt: new Date(Date.now() - 1000) });
    await rows.update({ id: behind as string }, { securityEpoch: -1 });

    const left = (await list(holder)).sessions.map(({ id }) => id);
    expect(left).toContain(newest);
    expect(left).toHaveLength(sessions.length - 3);
    for (const gone of [ended, expired, behind]) expect(left).not.toContain(gone);
  });

  it('shows an idle session as long as its use keeps it, and not a moment longer', async () => {
    const endOf = async (holder: Holder): Promise<number> =>
      Date.parse((await list(holder)).sessions[0]?.expires_at ?? '');
    // Answers are to the minute.
    const minute = Math.ceil(service.app.get(Clock).nowMs() / 60_000) * 60_000;
    const [holder, before] = await atTime(service, minute, async () => {
      const newcomer = await clientOf(opaqueToken).newcomer();
      return [newcomer, await endOf(newcomer)] as const;
    });
    const after = await atTime(service, minute + 3_600_000, () => endOf(holder));
    expect(after - before).toBe(3_600_000);
  });

  describe('in pages', () => {
    it('shows each session once, in order, however long the pages are', async () => {
      const holder = await manySessions(7);
      const all = (await list(holder)).sessions.map(({ id }) => id);
      for (const limit of [1, 2, 3, 7, 8]) {
        const seen: string[] = [];
        let query: string | null = `?limit=${limit}`;
        while (query !== null) {
          const page: List = await list(holder, query);
          expect(page.sessions.length).toBeLessThanOrEqual(limit);
          seen.push(...page.sessions.map(({ id }) => id));
          query = page.next_cursor === null ? null : `?limit=${limit}&cursor=${page.next_cursor}`;
        }
        expect(seen).toEqual(all);
      }
    });

    it('tells sessions of the same millisecond apart', async () => {
      const holder = await manySessions(4);
      const { accountId } = await idsOf(service, holder);
      const at = new Date();
      await service.app.get(DataSource).getRepository(Session).update({ userId: accountId }, { createdAt: at });
      const all = (await list(holder)).sessions.map(({ id }) => id);
      const first = await list(holder, '?limit=2');
      const second = await list(holder, `?limit=200&cursor=${first.next_cursor}`);
      expect([...first.sessions, ...second.sessions].map(({ id }) => id)).toEqual(all);
    });

    it('goes on where it was, whatever was opened or ended meanwhile', async () => {
      const holder = await manySessions(5);
      const all = (await list(holder)).sessions.map(({ id }) => id);
      const { next_cursor } = await list(holder, '?limit=2');
      await clientOf(bareToken).signIn(holder.person);
      await askAs(service, holder, 'DELETE', `/account/sessions/${all[1]}`);
      const rest = await list(holder, `?cursor=${next_cursor}`);
      expect(rest.sessions.map(({ id }) => id)).toEqual(all.slice(2));
    });

    it("shows nobody else's sessions to a cursor of another account", async () => {
      const { next_cursor } = await list(await manySessions(3), '?limit=1');
      const other = await clientOf(bareToken).newcomer();
      const own = (await list(other)).sessions.map(({ id }) => id);
      for (const { id } of (await list(other, `?cursor=${next_cursor}`)).sessions) expect(own).toContain(id);
    });

    it.each(['0', '-1', '201', '1e2', '1.5', '', ' 1', '٣', 'x', '9'.repeat(400)])(
      'refuses the limit "%s"',
      async (limit) => {
        const holder = await clientOf(bareToken).newcomer();
        expect(await listed(holder, `?limit=${encodeURIComponent(limit)}`)).toEqual(BAD_LIMIT);
      },
    );

    it('refuses a parameter that is given twice, and one that it does not know', async () => {
      const holder = await clientOf(bareToken).newcomer();
      expect(await listed(holder, '?limit=1&limit=2')).toEqual(BAD_LIMIT);
      expect(await listed(holder, '?offset=5&_=1')).toEqual(
        invalidFields(['offset', 'Must be left out: nothing here reads it.']),
      );
    });

    const ID = '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57';
    const time = Date.UTC(2026, 0, 1);
    it.each([
      ['empty', ''],
      ['no base64url', '!!!'],
      ['no JSON', 'abcd'],
      ['an object', Buffer.from('{"a":1}').toString('base64url')],
      ['a number', Buffer.from('1').toString('base64url')],
      ['spelled otherwise', Buffer.from(`[ ${time}, "${ID}"]`).toString('base64url')],
      ['too short', encodeCursor([time])],
      ['too long', encodeCursor([time, ID, ID])],
      ['the wrong way round', encodeCursor([ID, time])],
      ['with a text for a time', encodeCursor([String(time), ID])],
      ['with a time before all times', encodeCursor([-1, ID])],
      ['with a time that is no date', encodeCursor([1e300, ID])],
      ['with a time between milliseconds', encodeCursor([0.5, ID])],
      ['with no session id', encodeCursor([time, 'nonsense'])],
      ['with a NUL', encodeCursor([time, '\0'])],
      ['with an id in capitals', encodeCursor([time, ID.toUpperCase()])],
      ['nested', Buffer.from(`[[${time}],"${ID}"]`).toString('base64url')],
      ['huge', 'A'.repeat(8000)],
    ])('refuses a cursor that is %s', async (_what, cursor) => {
      const holder = await clientOf(bareToken).newcomer();
      expect(await listed(holder, `?cursor=${encodeURIComponent(cursor)}`)).toEqual(BAD_CURSOR);
    });

    it('says of both parameters what is wrong', async () => {
      const holder = await clientOf(bareToken).newcomer();
      expect(await listed(holder, '?limit=0&cursor=x')).toEqual(
        invalidFields(
          ['limit', 'Must be a whole number from 1 to 200.'],
          ['cursor', 'Must be the next_cursor of a page.'],
        ),
      );
    });
  });
});

/** Ends what registering opened, so that a session stands alone. */
async function clearSessions(person: Holder['person']): Promise<void> {
  const rows = service.app.get(DataSource).getRepository(Session);
  const users = await Promise.all([
    accountOf(service, person).catch(() => undefined),
    accountOf(service, { username: person.email }).catch(() => undefined),
  ]);
  for (const user of users) if (user) await rows.delete({ userId: user.id });
}
