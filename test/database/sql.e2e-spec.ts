import { DataSource, QueryFailedError } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '../../src/config/clock.js';
import { KEPT } from '../../src/database/embedded-statements.js';
import { Sql, type SqlValue, timeOf } from '../../src/database/sql.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

const HOUR = 3600;

let service: Service;
let sql: Sql;

beforeAll(async () => {
  service = await startService();
  sql = service.app.get(Sql);
});
afterAll(() => service.stop());

async function newUser(): Promise<User> {
  const { username } = newPerson();
  return service.app.get(UsersService).insert({ username, passwordHash: 'none', status: 'active' });
}

function stored(id: number): Promise<User> {
  return service.app.get(DataSource).getRepository(User).findOneByOrFail({ id });
}

/** How a statement fails. */
async function failureOf(statement: string, parameters: Record<string, SqlValue> = {}): Promise<QueryFailedError> {
  const error: unknown = await sql.rows(statement, parameters).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(QueryFailedError);
  return error as QueryFailedError;
}

const codeOf = ({ driverError }: QueryFailedError): unknown => (driverError as { code?: unknown }).code;
const code = (postgres: string, sqlite: string): string => (sql.isPostgres ? postgres : sqlite);

describe('one statement', () => {
  it('takes other parameters each time, one after the other and at once', async () => {
    const users = [await newUser(), await newUser(), await newUser()];
    const statement = 'SELECT id, username FROM users WHERE id = :id AND username_key = :key';
    const ask = ({ id, usernameKey }: User): Promise<object[]> => sql.rows(statement, { id, key: usernameKey });
    const expected = users.map(({ id, username }) => [{ id, username }]);
    for (const [index, user] of users.entries()) expect(await ask(user)).toEqual(expected[index]);
    expect(await Promise.all([...users, ...users].map(ask))).toEqual([...expected, ...expected]);
    expect(await sql.rows(statement, { id: users[0]!.id, key: users[1]!.usernameKey })).toEqual([]);
  });

  it('takes a parameter in several places, and in another order than it is given', async () => {
    const { id, username } = await newUser();
    const statement = `SELECT :b::text AS b, :a::text AS a, :b::text AS again, id FROM users WHERE id = :id`;
    expect(await sql.rows(statement, { id, a: 'A', b: username })).toEqual([
      { b: username, a: 'A', again: username, id },
    ]);
  });

  it('takes truths, times to the millisecond, and nothing at all, and stores them as TypeORM does', async () => {
    const { id } = await newUser();
    const statement = 'UPDATE users SET is_admin = :isAdmin, last_sign_in_at = :at, email = :email WHERE id = :id';
    const at = new Date('2026-03-29T01:30:00.007Z');
    for (const [isAdmin, time, email] of [
      [true, at, 'a@example.com'],
      [false, new Date(at.getTime() + 1), null],
      [true, null, ''],
    ] as const) {
      expect(await sql.rows(statement, { id, isAdmin, at: time, email })).toEqual([]);
      expect(await stored(id)).toMatchObject({ isAdmin, lastSignInAt: time, email });
    }
  });

  it('finds by truths and times what TypeORM stored', async () => {
    const { id } = await newUser();
    const at = new Date('2026-01-02T03:04:05.670Z');
    await service.app.get(DataSource).getRepository(User).update({ id }, { isAdmin: true, lastSignInAt: at });
    const statement = 'SELECT id FROM users WHERE id = :id AND is_admin = :isAdmin AND last_sign_in_at >= :at';
    const later = new Date(at.getTime() + 1);
    expect(await sql.rows(statement, { id, isAdmin: true, at })).toEqual([{ id }]);
    expect(await sql.rows(statement, { id, isAdmin: false, at })).toEqual([]);
    expect(await sql.rows(statement, { id, isAdmin: true, at: later })).toEqual([]);
    const [row] = await sql.rows<{ at: string | Date }>('SELECT last_sign_in_at AS at FROM users WHERE id = :id', {
      id,
    });
    expect(timeOf(row!.at)).toEqual(at);
  });

  it('has the time of its run, not of its first, moved on as it says', async () => {
    const statement = 'SELECT {now} AS now, {now+60} AS later, {now-60} AS earlier, {now} AS again';
    const { id } = await newUser();
    for (let hours = 0; hours < 3; hours++) {
      service.advance(HOUR);
      const [row] = await sql.rows<Record<string, string | Date>>(statement);
      const nowMs = service.app.get(Clock).nowMs();
      for (const [name, aheadMs] of Object.entries({ now: 0, later: 60_000, earlier: -60_000, again: 0 }))
        expect(Math.abs(timeOf(row![name]!).getTime() - nowMs - aheadMs)).toBeLessThan(5000);
    }
    await sql.rows('UPDATE users SET updated_at = {now} WHERE id = :id', { id });
    expect(Math.abs(service.app.get(Clock).nowMs() - (await stored(id)).updatedAt.getTime())).toBeLessThan(5000);
  });

  it('gives back what it returns, and nothing without RETURNING', async () => {
    const { id } = await newUser();
    const set = 'UPDATE users SET pin_failures = pin_failures + 1 WHERE id = :id';
    expect(await sql.rows(set, { id })).toEqual([]);
    expect(await sql.rows(`${set} RETURNING pin_failures`, { id })).toEqual([{ pin_failures: 2 }]);
    expect(await sql.rows(`${set} RETURNING pin_failures`, { id: -1 })).toEqual([]);
    expect(await stored(id)).toMatchObject({ pinFailures: 2 });
  });
});

describe('a statement that fails', () => {
  const INSERT = `INSERT INTO usage_days (day, contract, registrations, sign_ins, refreshes, requests)
    VALUES (:day, :contract, 0, 0, 0, :requests)`;

  it('says so as TypeORM does, with the code of the driver, and goes on to work', async () => {
    const parameters = { day: '2020-01-01', contract: 'sixth', requests: 0 };
    expect(await sql.rows(INSERT, parameters)).toEqual([]);
    const error = await failureOf(INSERT, parameters);
    expect(codeOf(error)).toBe(code('23505', 'SQLITE_CONSTRAINT_PRIMARYKEY'));
    expect(await sql.rows(INSERT, { ...parameters, day: '2020-01-02' })).toEqual([]);
    expect(codeOf(await failureOf(INSERT, parameters))).toBe(codeOf(error));
  });

  it('is told from others by its code', async () => {
    const { id, usernameKey } = await newUser();
    const other = await newUser();
    expect(codeOf(await failureOf('SELECT nothing FROM nowhere'))).toBe(code('42P01', 'SQLITE_ERROR'));
    expect(codeOf(await failureOf('SELECT ? FROM'))).toBe(code('42601', 'SQLITE_ERROR'));
    const rename = 'UPDATE users SET username_key = :key WHERE id = :id';
    expect(codeOf(await failureOf(rename, { id: other.id, key: usernameKey }))).toBe(
      code('23505', 'SQLITE_CONSTRAINT_UNIQUE'),
    );
    const clear = 'UPDATE users SET password_hash = :hash WHERE id = :id';
    expect(codeOf(await failureOf(clear, { id, hash: null }))).toBe(code('23502', 'SQLITE_CONSTRAINT_NOTNULL'));
    expect(await stored(other.id)).toMatchObject({ usernameKey: other.usernameKey });
  });

  it('is rejected and never thrown at once', async () => {
    let thrown: unknown;
    let failing: Promise<unknown> | undefined;
    try {
      failing = sql.rows('SELECT nothing FROM nowhere');
    } catch (error) {
      thrown = error;
    }
    await expect(failing).rejects.toBeInstanceOf(QueryFailedError);
    expect(thrown).toBeUndefined();
  });

  it('has the same text, code and statement as through a runner of TypeORM', async () => {
    const statement = 'SELECT nothing FROM nowhere';
    const ours = await failureOf(statement);
    const theirs = (await service.app
      .get(DataSource)
      .query(statement)
      .catch((error: unknown) => error)) as QueryFailedError;
    expect([ours.message, ours.query, ours.parameters ?? [], codeOf(ours)]).toEqual([
      theirs.message,
      theirs.query,
      theirs.parameters ?? [],
      codeOf(theirs),
    ]);
  });
});

describe('more statements than are kept', () => {
  it('are run all the same, in turns, with their own parameters', async () => {
    const { id } = await newUser();
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < KEPT + 50; number++) {
        const statement = `SELECT id + ${number} AS sum_${number}, :round::integer AS round FROM users WHERE id = :id`;
        expect(await sql.rows(statement, { id, round })).toEqual([{ [`sum_${number}`]: id + number, round }]);
      }
    }
  });

  it('of lists of every length among them', async () => {
    const { id } = await newUser();
    for (let length = 1; length <= KEPT + 10; length += 7) {
      const names = Array.from({ length }, (_none, index) =>
        `:id${index}`.replace(/\d/g, (digit) => 'abcdefghij'[+digit]!),
      );
      const parameters = Object.fromEntries(names.map((name, index) => [name.slice(1), id + index]));
      const found = await sql.rows<{ id: number }>(
        `SELECT id FROM users WHERE id IN (${names.join(', ')})`,
        parameters,
      );
      expect(found.map((row) => row.id)).toContain(id);
    }
  });
});
