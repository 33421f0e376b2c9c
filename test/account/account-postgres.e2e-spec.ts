import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../src/contract-kit/cursor.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { changeAccount } from '../support/accounts.js';
import type { Answer } from '../support/http.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { atOneUse } from '../support/statements.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const DONE = { status: 204, body: undefined };

interface List {
  readonly sessions: { readonly id: string; readonly current: boolean }[];
  readonly next_cursor: string | null;
}

describe('the account API of two instances on PostgreSQL', () => {
  let postgres: Postgres;
  let instances: [Service, Service];

  beforeAll(async () => {
    postgres = await startPostgres();
    const settings = await postgres.createDatabase('latchkey');
    const first = await startService(settings);
    // The one that starts last answers requests with tokens: Passport keeps its strategies once for a process.
    instances = [await startService(settings), first];
  });

  afterAll(async () => {
    for (const instance of instances) await instance.stop();
    await postgres.stop();
  });

  const client = new AccountClient(() => instances[0], bareToken);
  const list = async (holder: Holder, query = ''): Promise<List> =>
    (await askAs(instances[0], holder, 'GET', `/account/sessions${query}`)).json as List;

  it('shows each session once in pages, and those of the same millisecond too', async () => {
    const holder = await client.newcomer();
    await Promise.all(Array.from({ length: 8 }, () => client.signIn(holder.person)));
    const all = (await list(holder)).sessions.map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    const seen: string[] = [];
    for (let query: string | null = '?limit=3'; query !== null;) {
      const { sessions, next_cursor }: List = await list(holder, query);
      seen.push(...sessions.map(({ id }) => id));
      query = next_cursor === null ? null : `?limit=3&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(all);
  });

  it.each([
    ['nonsense', '2026'],
    ['0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57', '0b0ff6a6'],
    ['%00', '\0'],
  ])('finds no session %s, and refuses a cursor with the id %j', async (id, inCursor) => {
    const holder = await client.newcomer();
    expect(whole(await askAs(instances[0], holder, 'DELETE', `/account/sessions/${id}`))).toEqual(
      problem('session_not_found'),
    );
    const cursor = encodeCursor([Date.UTC(2026, 0, 1), inCursor]);
    expect((await askAs(instances[0], holder, 'GET', `/account/sessions?cursor=${cursor}`)).status).toBe(400);
    const first = encodeCursor([0, '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57']);
    expect(await list(holder, `?cursor=${first}`)).toEqual({ sessions: [], next_cursor: null });
    const last = encodeCursor([Date.UTC(9999, 11, 31), '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57']);
    const [fromLast, all] = await atOneUse(
      instances[0],
      () => list(holder),
      async () => [await list(holder, `?cursor=${last}`), await list(holder)],
    );
    expect(fromLast).toEqual(all);
  });

  it('ends a session once, whichever instance is asked how often', async () => {
    const holder = await client.newcomer();
    const { sessionId } = await idsOf(instances[0], await client.signIn(holder.person));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        askAs(instances[i % 2] as Service, holder, 'DELETE', `/account/sessions/${sessionId}`),
      ),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.map(whole)).toContainEqual(problem('session_not_found'));
    expect((await list(holder)).sessions.map(({ id }) => id)).not.toContain(sessionId);
  });

  it.each(DRIVERS)('changes a password and erases an account of $name', async (driver) => {
    const of = new AccountClient(() => instances[0], driver);
    const holder = await of.newcomer();
    const { accountId } = await idsOf(instances[0], holder);
    const [old_password, new_password] = [holder.person.password, 'Vole0Quartz9Plinth'];
    const ask = async (method: string, path: string, body: object): Promise<object> =>
      whole(await askAs(instances[0], holder, method, path, { body }));
    expect(await ask('POST', '/account/password', { old_password, new_password })).toEqual(DONE);
    expect(await ask('DELETE', '/account', { password: new_password })).toEqual(DONE);
    expect(await ask('GET', '/account', {})).toEqual(problem('token_account_gone'));
    expect(await trailOf(instances[0], accountId, 'account_erased')).toHaveLength(1);
  });

  it('leaves one of several administrators who erase themselves at once', async () => {
    const admins = await Promise.all(Array.from({ length: 6 }, () => client.newcomer()));
    for (const { person } of admins) await changeAccount(instances[0], person, { isAdmin: true });
    const erase = (admin: Holder, i: number): Promise<Answer> =>
      askAs(instances[i % 2] as Service, admin, 'DELETE', '/account', { body: { password: admin.person.password } });
    const answers = (await Promise.all(admins.map(erase))).map(whole);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(5);
    expect(answers).toContainEqual(problem('last_admin'));
  });
});
