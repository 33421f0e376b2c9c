import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonical } from '../../src/users/canonical.js';
import { UsersService } from '../../src/users/users.service.js';
import { type Admin, newAdmin } from '../support/admins.js';
import { bothEngines } from '../support/engines.js';
import { fill } from '../support/fill.js';
import { type Service, startService } from '../support/service.js';

/** More accounts than one group of ids has, so that what is found is found by the index. */
const CROWD = 33_000;

describe.each(bothEngines('parts'))(
  'GET /admin/users?query= of three characters or more on $engine',
  ({ settings }) => {
    let service: Service;
    let admin: Admin;

    beforeAll(async () => {
      service = await startService(await settings());
      admin = await newAdmin(service);
      await fill(
        service,
        `INSERT INTO users (username, username_key, email, email_key, password_hash, is_admin, status, pin_failures,
           security_epoch, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${CROWD})
         SELECT 'person' || i, 'person' || i, 'person' || i || '@crowd.test', 'person' || i || '@crowd.test', '!', false,
           'active', 0, 0, '2026-01-01', '2026-01-01' FROM n`,
      );
    }, 120_000);
    afterAll(() => service.stop());

    async function make(username: string, email?: string): Promise<number> {
      const account = { username, ...(email !== undefined && { email }), passwordHash: '!', status: 'active' } as const;
      return (await service.app.get(UsersService).insert(account)).id;
    }

    async function ids(query: string, rest: Record<string, string> = {}): Promise<number[]> {
      const { json, text, status } = await admin.get(
        `/admin/users?${new URLSearchParams({ query, ...rest }).toString()}`,
      );
      if (status !== 200) throw new Error(text);
      return (json as { users: { id: number }[] }).users.map(({ id }) => id);
    }

    it('answers the first fifty by id of a crowd, and goes on from there', async () => {
      const answer = await admin.get('/admin/users?query=son1');
      const { users, next_cursor } = answer.json as { users: { id: number }[]; next_cursor: string };
      const found = users.map(({ id }) => id);
      expect([found.length, found]).toEqual([50, found.toSorted((a, b) => a - b)]);
      const [next] = await ids('son1', { cursor: next_cursor, limit: '1' });
      expect(next).toBeGreaterThan(found.at(-1) as number);
      expect(await ids('person32999')).toEqual(await ids('32999@crowd'));
      expect(await ids('person32999')).toHaveLength(1);
    });

    it.each([
      ['a%b', 'x%a%b%c', 'xaxbx'],
      ['__a', '__a__', 'bbabb'],
      ['"a"', 'say "a" or', 'say a or'],
      ["'a'", "it's 'a'", 'its a'],
      ['a*b', 'xa*bx', 'xaabx'],
      ['[a]', '[a][b]', 'a][b'],
      ['\\a\\', 'c:\\a\\b', 'c:a b'],
      [' - ', 'one - other', 'one-other'],
      ['OR a', 'this OR alpha', 'this oralpha'],
      ['😀😀😀', 'x😀😀😀y', '😀😀x😀'],
      ['👩‍👩', 'my👩‍👩‍👧', 'my👩👩👧'],
      ['e\u0301te\u0301', 'l\u2019été', 'l\u2019ete'],
      ['日本語', '私の日本語名', '日本の語'],
      ['..-', 'x..-y', 'x.-.y'],
    ])('finds %j in %j and not in %j', async (part, having, other) => {
      const id = await make(`${having}·${part.length}`);
      await make(`${other}·${part.length}`);
      expect(await ids(part)).toEqual([id]);
    });

    it.each(['kö@bücherei.example', 'kö2@xn--bcherei-n2a.example'])(
      'finds %j by any part of its host, in Unicode and in ASCII',
      async (email) => {
        const id = await make(`reader of ${email.length}`, email);
        for (const query of [
          'ücher',
          '@BÜCH',
          'cherei.ex',
          'xn--bch',
          '@xn--bcherei-n2a.example',
          email.slice(0, -1),
          '@bücherei.example',
        ])
          expect(await ids(query), query).toEqual([id]);
        await admin.delete(id);
        expect(await ids('ücher')).toEqual([]);
      },
    );

    it.each(['cu9@exa\u00ADmple.com', 'cu10@ex\u200Bample.com', 'cu11@例え。jp'])(
      'finds %j of an earlier version as it was written and as it is mailed to',
      async (email) => {
        const id = await make(`old ${email.length} ${email.codePointAt(2)}`, email);
        const [, host = ''] = email.split('@');
        for (const query of [email, `@${host}`, host.slice(0, 3), canonical('email', email)])
          expect(await ids(query), query).toContain(id);
      },
    );

    it('finds names with a sigma, capital or small, by parts that end with one', async () => {
      const sigmas = [await make('ΟΔΟΣΑΠΟ'), await make('μέσος'), await make('ΣΑΣ.7527')];
      for (const query of ['ΔΟΣ', 'δοσ', 'δος', 'ΟΔΟΣ', 'οδ', 'ΟΔ'])
        expect(await ids(query), query).toEqual([sigmas[0]]);
      for (const query of ['ΜΈΣΟΣ', 'μέσοσ', 'έσος', 'μέ', 'ΜΈ']) expect(await ids(query), query).toEqual([sigmas[1]]);
      for (const query of ['σασ', 'ΣΑΣ', 'ας.7', 'ασ.7', 'σα', 'ΣΑ'])
        expect(await ids(query), query).toEqual([sigmas[2]]);
      const two = [await make('ΟΣΑΚΗΣ'), await make('ος')];
      for (const query of ['ΟΣ', 'οσ', 'ος']) expect(new Set(await ids(query)), query).toEqual(new Set(two));
    });

    it('finds an account by the names that it has now', async () => {
      const store = service.app.get(DataSource);
      const id = await make('quxxer before', 'quxxer.before@example.com');
      expect(await ids('uxxer.bef')).toEqual([id]);
      await store.query(`UPDATE users SET username_key = 'quxxer after', email_key = NULL WHERE id = ${id}`);
      expect(await ids('uxxer.bef')).toEqual([]);
      expect(await ids('xxer aft')).toEqual([id]);
      await store.query(`UPDATE users SET email_key = 'x@quxxer.example', last_sign_in_at = NULL WHERE id = ${id}`);
      expect(await ids('@quxxer')).toEqual([id]);
      await admin.delete(id);
      expect(await ids('uxxer')).toEqual([]);
      await store.query(`DELETE FROM users WHERE id = ${id}`);
      expect(await ids('uxxer')).toEqual([]);
      expect(await ids('uxxer', { is_admin: 'true' })).toEqual([]);
    });

    it('lists pending and deactivated accounts too, and those alone that a status names', async () => {
      const store = service.app.get(DataSource);
      const [active, pending, closed] = [await make('zebraish 1'), await make('zebraish 2'), await make('zebraish 3')];
      await store.query(`UPDATE users SET status = 'pending' WHERE id = ${pending}`);
      await store.query(`UPDATE users SET status = 'deactivated' WHERE id = ${closed}`);
      expect(await ids('ebraish')).toEqual([active, pending, closed]);
      expect(await ids('ebraish', { status: 'active' })).toEqual([active]);
      expect(await ids('ebraish', { status: 'pending' })).toEqual([pending]);
      expect(await ids('ebraish', { status: 'deactivated' })).toEqual([closed]);
      expect(await ids('ebraish', { is_admin: 'true' })).toEqual([]);
    });

    it('puts the account first whose id the query is, and lists it once', async () => {
      const [first] = await ids('person32990');
      const [exact] = await ids('person32991');
      expect(first).toBeLessThan(exact as number);
      const byId = await make(`no. ${exact}`);
      const found = await ids(`${exact}`, { limit: '200' });
      expect(found[0]).toBe(exact);
      expect(found.filter((id) => id === exact)).toEqual([exact]);
      expect(found).toContain(byId);
    });
  },
);
