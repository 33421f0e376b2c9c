import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import { NameKeys } from '../../src/users/name-keys.js';
import { User } from '../../src/users/user.entity.js';
import { newAdmin } from '../support/admins.js';
import { accountOf, changeAccount } from '../support/accounts.js';
import { type Answer, send } from '../support/http.js';
import { mailedUrl } from '../support/outbox.js';
import { newPerson, type Person } from '../support/people.js';
import { askForReset, NEW_PASSWORD, setPassword } from '../support/reset.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';

/** Two spellings of one name, and the key that earlier versions gave the first. */
interface Named {
  readonly person: Person;
  readonly other: Person;
  readonly olderKey: string;
}

function namedByMark(): Named {
  const person = newPerson();
  const [mark, letter] = [`J\u030C${person.username}`, `\u01F0${person.username}`];
  return {
    person: { ...person, username: mark },
    other: { ...person, username: letter },
    olderKey: mark.toLowerCase(),
  };
}

function mailedToUmlaut(): Named {
  const person = newPerson();
  const [own, ascii] = [`${person.username}@b\u00fccher.example`, `${person.username}@xn--bcher-kva.example`];
  return { person: { ...person, email: own }, other: { ...person, email: ascii }, olderKey: own };
}

async function start(env: Environment = {}): Promise<Service> {
  const service = await startService(env);
  onTestFinished(() => service.stop());
  return service;
}

function register({ url }: Service, { username, password }: Person): Promise<Answer> {
  return send('POST', `${url}/bare-token/auth/register`, { body: { username, password } });
}

function login({ url }: Service, { username, password }: Person): Promise<Answer> {
  return send('POST', `${url}/bare-token/auth/login`, { body: { username, password } });
}

function registerMail({ url }: Service, { email, password }: Person): Promise<Answer> {
  return send('POST', `${url}/basic/api/v1.0/register`, { body: { email, password } });
}

function loginMail({ url }: Service, { email, password }: Person): Promise<Answer> {
  const authorization = `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`;
  return send('POST', `${url}/basic/api/v1.0/login`, { headers: { authorization } });
}

/** Registers somebody as an earlier version did: the key has another form. */
async function registerBefore(service: Service, { person, olderKey }: Named): Promise<void> {
  expect((await register(service, person)).status).toBe(200);
  await changeAccount(service, person, { usernameKey: olderKey });
}

/** The same with a proved address. */
async function registerMailBefore(service: Service, { person, olderKey }: Named): Promise<number> {
  expect((await registerMail(service, person)).status).toBe(200);
  const users = service.app.get(DataSource).getRepository(User);
  const { id } = await users.findOneByOrFail({ email: person.email });
  await users.update(
    { id },
    { emailKey: olderKey, status: 'active', emailVerifiedAt: new Date(), emailClaimedAt: null },
  );
  return id;
}

const emailKeyOf = async ({ app }: Service, id: number): Promise<string | null> =>
  (await app.get(DataSource).getRepository(User).findOneByOrFail({ id })).emailKey;

const TAKEN = { status: 409 };
const REFUSED = { status: 401 };
const OPEN = { status: 200 };

describe('an account of an earlier version', () => {
  it('is found by its own spelling before its key is rewritten, and by every other after that', async () => {
    const service = await startService();
    const [byMark, byMail] = [namedByMark(), mailedToUmlaut()];
    await registerBefore(service, byMark);
    const id = await registerMailBefore(service, byMail);

    expect(await login(service, byMark.person)).toMatchObject(OPEN);
    expect(await login(service, byMark.other)).toMatchObject(REFUSED);
    expect(await loginMail(service, byMail.person)).toMatchObject(OPEN);

    const later = await service.restart();
    onTestFinished(() => later.stop());
    await expect.poll(async () => (await accountOf(later, byMark.person)).usernameKey).toBe(byMark.other.username);
    await expect.poll(() => emailKeyOf(later, id)).toBe(byMail.other.email);
    expect(await login(later, byMark.person)).toMatchObject(OPEN);
    expect(await login(later, byMark.other)).toMatchObject(OPEN);
    expect(await register(later, byMark.other)).toMatchObject(TAKEN);
    expect(await loginMail(later, byMail.person)).toMatchObject(OPEN);
    expect(await loginMail(later, byMail.other)).toMatchObject(OPEN);
  });

  it('keeps its name from whoever registers it before its key is rewritten', async () => {
    const service = await start();
    const [byMark, byMail] = [namedByMark(), mailedToUmlaut()];
    await registerBefore(service, byMark);
    await registerMailBefore(service, byMail);

    expect(await register(service, byMark.person)).toMatchObject(TAKEN);
    expect(await registerMail(service, byMail.person)).toMatchObject({ status: 400 });
  });

  it('is found by administrators under every spelling of its host', async () => {
    const service = await start();
    const { person, other } = mailedToUmlaut();
    expect((await registerMail(service, person)).status).toBe(200);
    const admin = await newAdmin(service);
    const found = async (query: string): Promise<unknown> =>
      (
        (await admin.get(`/admin/users?query=${encodeURIComponent(query)}`)).json as { users: { email: string }[] }
      ).users.map(({ email }) => email);

    for (const query of [person.email, other.email, person.email.toUpperCase(), person.username])
      expect(await found(query)).toEqual([person.email]);
  });

  it('costs a sign-in no second look, whatever the spelling', async () => {
    const service = await start();
    const { person, other } = namedByMark();
    await register(service, person);
    const looks = async (name: Person): Promise<number> => {
      const statements = recordStatements(service);
      await login(service, { ...name, password: 'Wrong1234' });
      return statements.filter((statement) => statement.includes('FROM users WHERE')).length;
    };

    expect([await looks(person), await looks(other), await looks(namedByMark().person)]).toEqual([1, 1, 1]);
  });

  it('has one budget of tries under all its spellings', async () => {
    const service = await start({ LIMITS: 'on', SIGN_IN_LIMIT: '4/15m' });
    const { person, other } = namedByMark();
    await register(service, person);
    const tried: number[] = [];
    for (const name of [person, other, person, other, person, other])
      tried.push((await login(service, { ...name, password: 'Wrong1234' })).status);

    expect(tried).toEqual([401, 401, 401, 401, 429, 429]);
  });
});

describe('two accounts of an earlier version whose names count as alike by now', () => {
  it('both go on, each by its own spelling, and the log tells how many there are', async () => {
    const service = await start();
    const [one, two] = [namedByMark(), mailedToUmlaut()];
    await registerBefore(service, one);
    expect(await register(service, { ...one.other, password: 'Another1234' })).toMatchObject(OPEN);
    const id = await registerMailBefore(service, two);
    const otherId = await registerMailBefore(service, { ...two, person: two.other, olderKey: two.other.email });

    await service.app.get(NameKeys).rewriteAll();

    expect((await accountOf(service, one.person)).usernameKey).toBe(one.olderKey);
    expect([await emailKeyOf(service, id), await emailKeyOf(service, otherId)]).toEqual([
      two.olderKey,
      two.other.email,
    ]);
    expect(service.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: 'Accounts have names that count as alike by now. See: latchkey doctor',
        colliding: 2,
      }),
    );
    expect(await login(service, one.person)).toMatchObject(OPEN);
    expect(await login(service, { ...one.other, password: 'Another1234' })).toMatchObject(OPEN);
    expect(await login(service, { ...one.person, password: 'Another1234' })).toMatchObject(REFUSED);
  });

  it('have links of their own, which do what they say', async () => {
    const service = await start({ MAIL_QUIET: '0s' });
    const two = mailedToUmlaut();
    await registerMailBefore(service, two);
    await registerMailBefore(service, { ...two, person: two.other, olderKey: two.other.email });

    await askForReset(service, two.person.email);
    // As mail writes it.
    const url = await mailedUrl(service, two.other.email);
    expect((await send('GET', url)).text).toContain(two.person.email);
    expect(await setPassword(url)).toMatchObject(OPEN);

    expect(await loginMail(service, { ...two.person, password: NEW_PASSWORD })).toMatchObject(OPEN);
    expect(await loginMail(service, two.other)).toMatchObject(OPEN);
  });
});

describe('rewriting the keys of names', () => {
  it('goes on past an account that fails, and takes it up again at the next start', async () => {
    const service = await start();
    const [first, second] = [namedByMark(), namedByMark()];
    await registerBefore(service, first);
    await registerBefore(service, second);
    const { id } = await accountOf(service, first.person);
    const sql = service.app.get(Sql);
    const rows = sql.rows.bind(sql);
    const failing = vi.spyOn(sql, 'rows').mockImplementation((statement, parameters) => {
      if (statement.includes('SET username_key') && parameters?.id === id) throw new Error('Not this one');
      return rows(statement, parameters);
    });

    await service.app.get(NameKeys).rewriteAll();
    failing.mockRestore();

    expect(service.log).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'The key of a name could not be rewritten.', accountId: id }),
    );
    expect((await accountOf(service, first.person)).usernameKey).toBe(first.olderKey);
    expect((await accountOf(service, second.person)).usernameKey).toBe(second.other.username);
    await service.app.get(NameKeys).rewriteAll();
    expect((await accountOf(service, first.person)).usernameKey).toBe(first.other.username);
  });

  it('looks at a thousand accounts at a time, and leaves those alone whose keys are right', async () => {
    const service = await start();
    const users = service.app.get(DataSource).getRepository(User);
    const { person } = namedByMark();
    await register(service, person);
    const { id, ...row } = await accountOf(service, person);
    const added = Array.from({ length: 2500 }, (_, n) => ({
      ...row,
      username: `J\u030C${n}`,
      usernameKey: `j\u030C${n}`,
    }));
    for (let at = 0; at < added.length; at += 500) await users.insert(added.slice(at, at + 500));
    const spied = vi.spyOn(service.app.get(Sql), 'rows');
    const answered = (): Promise<number[]> =>
      Promise.all(
        spied.mock.results
          .filter((_, n) => spied.mock.calls[n]?.[0].startsWith('SELECT id, username, username_key'))
          .map(async ({ value }) => ((await value) as unknown[]).length),
      );

    // As several instances would.
    await Promise.all([new NameKeys(service.app.get(Sql)).rewriteAll(), service.app.get(NameKeys).rewriteAll()]);

    expect(Math.max(...(await answered()))).toBeLessThanOrEqual(1000);
    const updates = spied.mock.calls.filter(([statement]) => statement.startsWith('UPDATE users SET username_key'));
    expect(updates.map(([, parameters]) => parameters?.id)).not.toContain(id);
    const keys = await users.find({ select: { username: true, usernameKey: true } });
    expect(keys.filter(({ usernameKey }) => usernameKey?.startsWith('j\u030C'))).toEqual([]);
    expect(service.log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });
});
