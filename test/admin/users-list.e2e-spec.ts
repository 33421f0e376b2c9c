import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { type Admin, newAdmin } from '../support/admins.js';
import { bothEngines } from '../support/engines.js';
import { invalidFields } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

interface Page {
  readonly users: readonly { readonly id: number; readonly username: string | null; readonly email: string | null }[];
  readonly next_cursor: string | null;
}

describe.each(bothEngines('lists'))('GET /admin/users on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;

  beforeAll(async () => {
    service = await startService(await settings());
    admin = await newAdmin(service);
  });
  afterAll(() => service.stop());

  /** Makes an account behind the API's back: nobody signs in with it. */
  async function make(
    account: Omit<Partial<User>, 'username' | 'email'> & { username?: string; email?: string },
  ): Promise<number> {
    const { username, email, ...rest } = account;
    const { id } = await service.app.get(UsersService).insert({
      ...(username !== undefined && { username }),
      ...(email !== undefined && { email }),
      passwordHash: '!',
      status: 'active',
    });
    if (Object.keys(rest).length > 0) await service.app.get(DataSource).getRepository(User).update({ id }, rest);
    return id;
  }

  async function page(query: Record<string, string>): Promise<Page> {
    const { status, json, text } = await admin.get(`/admin/users?${new URLSearchParams(query).toString()}`);
    if (status !== 200) throw new Error(text);
    return json as Page;
  }

  async function ids(query: Record<string, string>): Promise<number[]> {
    return (await page(query)).users.map(({ id }) => id);
  }

  /** The ids of every page, and how long the pages were. */
  async function all(query: Record<string, string>): Promise<{ ids: number[]; lengths: number[] }> {
    const found: number[] = [];
    const lengths: number[] = [];
    let cursor: string | null = null;
    do {
      const next: Page = await page({ ...query, ...(cursor !== null && { cursor }) });
      found.push(...next.users.map(({ id }) => id));
      lengths.push(next.users.length);
      cursor = next.next_cursor;
    } while (cursor !== null && lengths.length < 50);
    return { ids: found, lengths };
  }

  it('answers whole accounts, without any secret', async () => {
    const id = await make({ username: 'Whole One', email: 'Whole@Example.com', emailVerifiedAt: new Date(0) });
    const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(whole(await admin.get('/admin/users?query=whole'))).toEqual({
      status: 200,
      body: {
        users: [
          {
            id,
            username: 'Whole One',
            email: 'Whole@Example.com',
            email_verified_at: '1970-01-01T00:00:00.000Z',
            is_admin: false,
            status: 'active',
            has_pin: false,
            created_at: time,
            updated_at: time,
            last_sign_in_at: null,
          },
        ],
        next_cursor: null,
      },
    });
  });

  it('lists every account once, in the order of ids, a page at a time', async () => {
    await Promise.all(['paged1', 'paged2', 'paged3'].map((username) => make({ username })));
    const everybody = await service.app
      .get(DataSource)
      .getRepository(User)
      .find({ order: { id: 'ASC' } });
    const found = await all({ limit: '2' });
    expect(found.ids).toEqual(everybody.map(({ id }) => id));
    expect(found.lengths.slice(0, -1).every((length) => length === 2)).toBe(true);
    expect(await ids({})).toEqual(found.ids);
    expect(await ids({ query: '' })).toEqual(found.ids);
  });

  it('ends without a cursor where the last page is exactly full', async () => {
    const made = [await make({ username: 'full-1' }), await make({ username: 'full-2' })];
    const { users, next_cursor } = await page({ query: 'full-', limit: '2' });
    expect([users.map(({ id }) => id), next_cursor]).toEqual([made, null]);
  });

  it('tells of every account that claims an address, however short the pages are', async () => {
    const email = 'claimed@example.com';
    const made: number[] = [];
    for (let n = 0; n < 7; n++) made.push(await make({ username: `claimant-${n}`, email }));
    for (const limit of ['1', '2', '3', '7']) expect((await all({ query: 'claimed@', limit })).ids).toEqual(made);
    expect((await all({ query: 'claim', limit: '2' })).ids.sort((a, b) => a - b)).toEqual(made);
  });

  it('finds by any part of a username or an e-mail address, in any case of letters and form of Unicode', async () => {
    const byUsername = await make({ username: 'Ångström', email: 'someone@example.com' });
    const byEmail = await make({ username: 'someone else', email: 'x.ångström@example.com' });
    for (const query of ['ÅNGS', 'a\u030angstr', 'ngström', 'TRÖ', 'ÅNGSTRÖM'])
      expect([query, await ids({ query })]).toEqual([query, [byUsername, byEmail]]);
    expect(await ids({ query: 'röm@exa' })).toEqual([byEmail]);
    // Neither the end of one name with the beginning of the other, nor the same characters in another order.
    expect(await ids({ query: 'strömsom' })).toEqual([]);
    expect(await ids({ query: 'ngstrång' })).toEqual([]);
  });

  it('finds by one or two characters only what begins with them', async () => {
    const begins = await make({ username: 'ŧŧx' });
    const ends = await make({ username: 'xŧŧ' });
    expect(await ids({ query: 'Ŧ' })).toEqual([begins]);
    expect(await ids({ query: 'ŧŧ' })).toEqual([begins]);
    expect(await ids({ query: 'xŧŧ' })).toEqual([ends]);
  });

  it('lists an account once that both names find, wherever pages end', async () => {
    const both = [];
    for (const n of [1, 2, 3, 4, 5]) both.push(await make({ username: `²${n}`, email: `2${n}@example.com` }));
    // Here the address comes before the username, and one account's username is another's address.
    both.push(await make({ username: '2z', email: '2.a@example.com' }));
    both.push(await make({ username: '2.b@example.com' }));
    both.push(await make({ username: '2y', email: '2.b@example.com' }));
    for (const limit of ['1', '2', '3', '8', '50']) {
      const found = await all({ query: '２', limit });
      expect(found.ids).toEqual([both[5], both[6], both[7], ...both.slice(0, 5)]);
    }
    for (const limit of ['1', '2', '3', '8', '50'])
      expect((await all({ query: '2.b', limit })).ids).toEqual([both[6], both[7]]);
  });

  it('puts the account first whose id the query is, and lists it once', async () => {
    const id = await make({ username: 'numbered' });
    const named = await make({ username: `${id}` });
    const further = await make({ username: `${id}x`, email: `${id}@example.com` });
    expect(await ids({ query: `${id}` })).toEqual([id, named, further]);
    expect((await all({ query: `${id}`, limit: '1' })).ids).toEqual([id, named, further]);
    expect(await ids({ query: `0${id}` })).toEqual([]);
    expect(await ids({ query: '99999999999999999999' })).toEqual([]);
    expect(await ids({ query: `${id}`, is_admin: 'true' })).toEqual([]);
    expect(await ids({ query: `${id}`, status: 'deactivated' })).toEqual([]);
  });

  it('takes wildcards, quotes and backslashes for what they are', async () => {
    const percent = await make({ username: '%wild' });
    const underscore = await make({ username: '_wild' });
    const quote = await make({ username: "'wild" });
    const backslash = await make({ username: '\\wild' });
    expect(await ids({ query: '%' })).toEqual([percent]);
    expect(await ids({ query: '_' })).toEqual([underscore]);
    expect(await ids({ query: "'" })).toEqual([quote]);
    expect(await ids({ query: '\\' })).toEqual([backslash]);
  });

  it('finds names at the ends of Unicode', async () => {
    const ends = ['\uffff', '\uffffx', '\u{10ffff}', '\u{10ffff}x', '\u{1f600}', '\ud7ff\ud7ff'];
    const made = new Map<string, number>();
    for (const end of ends) made.set(end, await make({ username: `edge${end}` }));
    const found = async (query: string): Promise<unknown[]> => {
      const listed = await ids({ query });
      return ends.filter((end) => listed.includes(made.get(end) as number));
    };
    expect(await found('edge')).toEqual(ends);
    expect(await found('edge\uffff')).toEqual(['\uffff', '\uffffx']);
    expect(await found('edge\u{10ffff}')).toEqual(['\u{10ffff}', '\u{10ffff}x']);
    expect(await found('edge\ud7ff')).toEqual(['\ud7ff\ud7ff']);
    // In the order of their bytes, which is not JavaScript's.
    const inOrder = ['\ud7ff\ud7ff', '\uffff', '\uffffx', '\u{1f600}', '\u{10ffff}', '\u{10ffff}x'];
    expect((await all({ query: 'ed', limit: '2' })).ids).toEqual(inOrder.map((end) => made.get(end)));
    expect((await all({ query: 'edge', limit: '2' })).ids).toEqual([...made.values()]);
  });

  it('filters by status and by administrators, alone and together, with a query and without', async () => {
    const of = async (name: string, rest: Pick<Partial<User>, 'status' | 'isAdmin'> = {}): Promise<number> =>
      make({ username: `filter-${name}`, email: `filter-${name}@example.com`, ...rest });
    const active = await of('active');
    const pending = await of('pending', { status: 'pending' });
    const gone = await of('gone', { status: 'deactivated' });
    const chief = await of('chief', { isAdmin: true });
    const formerChief = await of('former', { isAdmin: true, status: 'deactivated' });

    const short = 'fi';
    expect(await ids({ query: short, status: 'deactivated' })).toEqual([formerChief, gone]);
    expect(await ids({ query: short, is_admin: 'false' })).toEqual([active, gone, pending]);
    const query = 'filter-';
    expect(await ids({ query, status: 'active' })).toEqual([active, chief]);
    expect(await ids({ query, status: 'pending' })).toEqual([pending]);
    expect(await ids({ query, status: 'deactivated' })).toEqual([gone, formerChief]);
    expect(await ids({ query, is_admin: 'true' })).toEqual([chief, formerChief]);
    expect(await ids({ query, is_admin: 'false' })).toEqual([active, pending, gone]);
    expect(await ids({ query, is_admin: 'true', status: 'active' })).toEqual([chief]);
    expect(await ids({ query, is_admin: 'false', status: 'deactivated' })).toEqual([gone]);
    expect((await all({ is_admin: 'true', status: 'deactivated', limit: '1' })).ids).toEqual([formerChief]);
    expect((await all({ is_admin: 'true', limit: '1' })).ids).toEqual([admin.id, chief, formerChief]);
    expect((await all({ status: 'deactivated', is_admin: 'false', limit: '1' })).ids).toEqual([gone]);
    expect(await ids({ is_admin: 'false' })).toEqual(expect.arrayContaining([active, pending, gone]));
    expect(await ids({ is_admin: 'false' })).not.toContain(chief);
  });

  it('refuses parameters that mean nothing', async () => {
    const CURSOR = 'Must be the next_cursor of a page.';
    const TEXT = 'Must be a text of at most 254 characters without control characters.';
    const LIMIT = 'Must be a whole number from 1 to 200.';
    const refused: [string, string, string][] = [
      ['status=gone', 'status', 'Must be pending, active or deactivated.'],
      ['is_admin=1', 'is_admin', 'Must be true or false.'],
      ['is_admin=true&is_admin=false', 'is_admin', 'Must be true or false.'],
      ['limit=0', 'limit', LIMIT],
      ['limit=201', 'limit', LIMIT],
      ['query=%00', 'query', TEXT],
      [`query=${'x'.repeat(255)}`, 'query', TEXT],
      ['cursor=nonsense', 'cursor', CURSOR],
      [`cursor=${cursorOf([-1])}`, 'cursor', CURSOR],
      [`cursor=${cursorOf([1.5])}`, 'cursor', CURSOR],
      [`cursor=${cursorOf([2 ** 31])}`, 'cursor', CURSOR],
      [`cursor=${cursorOf(['a', 'password_hash'])}`, 'cursor', CURSOR],
      [`cursor=${cursorOf(['a', 'username_key'])}`, 'cursor', CURSOR],
      [`query=a&cursor=${cursorOf([1])}`, 'cursor', CURSOR],
      [`query=abc&cursor=${cursorOf(['a', 'username_key'])}`, 'cursor', CURSOR],
    ];
    for (const [query, field, detail] of refused)
      expect(whole(await admin.get(`/admin/users?${query}`))).toEqual(invalidFields([field, detail]));
    expect((await admin.get(`/admin/users?query=${'x'.repeat(254)}&limit=200`)).status).toBe(200);
  });
});

function cursorOf(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}
