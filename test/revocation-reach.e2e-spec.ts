import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { User } from '../src/users/user.entity.js';
import type { Driver } from './drivers/driver.js';
import { DRIVERS } from './drivers/index.js';
import { type Answer, send, type Sending } from './support/http.js';
import { newPerson, type Person } from './support/people.js';
import { type Service, startService } from './support/service.js';

let service: Service;
/** An administrator's header. */
let admin: Sending;

beforeAll(async () => {
  service = await startService();
  const operator = newPerson();
  await ask('POST', '/register', { body: credentialsOf(operator) });
  await users().update({ username: operator.username }, { isAdmin: true });
  admin = bearer(await opaqueToken(operator));
});
afterAll(() => service.stop());

/** A session through one contract, and the answer of its sign-in. */
interface Opened {
  readonly person: Person;
  readonly driver: Driver;
  readonly signedIn: Answer;
}

const users = (): ReturnType<DataSource['getRepository']> => service.app.get(DataSource).getRepository(User);
const bearer = (token: string): Sending => ({ headers: { authorization: `Bearer ${token}` } });
const credentialsOf = ({ username, password }: Person): object => ({ username, password });

const ask = (method: string, path: string, sending: Sending = {}): Promise<Answer> =>
  send(method, service.url + path, sending);

async function opaqueToken(person: Person): Promise<string> {
  const { json } = await ask('POST', '/login', { body: credentialsOf(person) });
  return (json as { token: string }).token;
}

/** Somebody whom all five contracts know, with a session through each. */
async function somebody(): Promise<{ person: Person; id: number; sessions: Opened[] }> {
  const person = newPerson();
  await ask('POST', '/register', { body: credentialsOf(person) });
  const emailVerifiedAt = new Date();
  await users().update({ username: person.username }, { email: person.email, emailKey: person.email, emailVerifiedAt });
  const { id } = (await users().findOneByOrFail({ username: person.username })) as User;
  const sessions: Opened[] = [];
  for (const driver of DRIVERS) sessions.push({ person, driver, signedIn: await say(driver.signIn(person)) });
  return { person, id, sessions };
}

async function say({ method, path, ...sending }: ReturnType<Driver['signIn']>): Promise<Answer> {
  return ask(method, path, sending);
}

/** What a session's tokens open: its own contract's guarded route, and the account's at the native door. What the first answers to a good token counts as 200. */
async function opens({ person, driver, signedIn }: Opened): Promise<number[]> {
  const { headers = {} } = driver.guarded(driver.credential(signedIn));
  const { access_token } = (signedIn.json ?? {}) as { access_token?: string };
  const sending = access_token === undefined ? { headers } : bearer(access_token);
  const own = await say(driver.guarded(driver.credential(signedIn)));
  const native = await ask('GET', '/account', sending);
  return [own.status === driver.passed(person).status ? 200 : own.status, native.status];
}

async function allOpen(sessions: readonly Opened[]): Promise<void> {
  for (const session of sessions)
    expect([session.driver.name, ...(await opens(session))]).toEqual([session.driver.name, 200, 200]);
}

async function allRefused(sessions: readonly Opened[]): Promise<void> {
  for (const session of sessions)
    expect([session.driver.name, ...(await opens(session))]).toEqual([session.driver.name, 401, 401]);
}

describe('The next request after the answer is refused at every door', () => {
  const ofContract = (sessions: readonly Opened[], name: string): Opened => {
    const found = sessions.find(({ driver }) => driver.name === name);
    if (!found) throw new Error(name);
    return found;
  };
  const tokenOf = (sessions: readonly Opened[]): string => {
    const { driver, signedIn } = ofContract(sessions, 'opaque-token');
    return driver.credential(signedIn);
  };

  it('to clear-tokens', async () => {
    const { sessions } = await somebody();
    await allOpen(sessions);
    expect((await ask('POST', '/clear-tokens', bearer(tokenOf(sessions)))).status).toBe(200);
    await allRefused(sessions);
  });

  it('to a change of password, but for the session that made it', async () => {
    const { person, sessions } = await somebody();
    const body = { old_password: person.password, new_password: 'Another1234' };
    const own = ofContract(sessions, 'opaque-token');
    const changed = await ask('POST', '/change-password', { ...bearer(tokenOf(sessions)), body });
    expect(changed.status).toBe(200);
    await allRefused(sessions.filter((session) => session !== own));
    await allOpen([own]);
  });

  it('to the end of all other sessions', async () => {
    const { sessions } = await somebody();
    const own = ofContract(sessions, 'token-pair');
    const { access } = own.signedIn.json as { access: string };
    expect((await ask('DELETE', '/account/sessions', bearer(access))).status).toBe(204);
    await allRefused(sessions.filter((session) => session !== own));
    await allOpen([own]);
  });

  it.each(DRIVERS.map(({ name }) => name))('to the sign-out of a session through %s, and no other is', async (name) => {
    const { sessions } = await somebody();
    const list = await ask('GET', '/account/sessions', bearer(tokenOf(sessions)));
    const { sessions: rows } = list.json as { sessions: { id: string; contract: string; current: boolean }[] };
    const { id } = rows.find(({ contract }) => contract === name) as { id: string };
    expect((await ask('DELETE', `/account/sessions/${id}`, bearer(tokenOf(sessions)))).status).toBe(204);
    const ended = ofContract(sessions, name);
    await allRefused([ended]);
    await allOpen(sessions.filter((session) => session !== ended));
  });

  it('to the sign-out of cookie, of that session', async () => {
    const { sessions } = await somebody();
    const ended = ofContract(sessions, 'cookie');
    const headers = { cookie: `token=${ended.driver.credential(ended.signedIn)}` };
    expect((await ask('POST', '/users/logout', { headers })).status).toBe(204);
    await allRefused([ended]);
    await allOpen(sessions.filter((session) => session !== ended));
  });

  it('to the second use of a refresh token, of that session', async () => {
    const { sessions } = await somebody();
    const ended = ofContract(sessions, 'token-pair');
    const { refresh } = ended.signedIn.json as { refresh: string };
    const exchange = (token: string): Promise<Answer> =>
      ask('POST', '/auth/token/refresh', { body: { refresh: token } });
    const successor = (await exchange(refresh)).json as { refresh: string };
    await exchange(successor.refresh);
    expect((await exchange(refresh)).status).toBe(401);
    await allRefused([ended]);
    await allOpen(sessions.filter((session) => session !== ended));
  });

  it.each([
    ['a deactivation', 'PATCH', '', { status: 'deactivated' }, 200],
    ['the end of all sessions by an operator', 'POST', '/revoke-sessions', undefined, 204],
    ['a forced reset of the password', 'PATCH', '', { force_password_reset: true }, 200],
    ['a deletion by an operator', 'DELETE', '', undefined, 204],
  ])('to %s', async (_act, method, path, body, status) => {
    const { id, sessions } = await somebody();
    const answer = await ask(method, `/admin/users/${id}${path}`, { ...admin, body });
    expect(answer.status).toBe(status);
    await allRefused(sessions);
  });

  it('to the erasure of the account', async () => {
    const { person, sessions } = await somebody();
    const { password } = person;
    expect((await ask('DELETE', '/account', { ...bearer(tokenOf(sessions)), body: { password } })).status).toBe(204);
    await allRefused(sessions);
  });
});
