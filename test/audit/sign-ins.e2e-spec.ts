import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { User } from '../../src/users/user.entity.js';
import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { type Answer, send } from '../support/http.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';

const HASH: unknown = expect.stringMatching(/^[\da-f]{64}$/);
const UUID: unknown = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

function events(): Promise<AuditEvent[]> {
  return service.app
    .get(DataSource)
    .getRepository(AuditEvent)
    .find({ order: { id: 'ASC' } });
}

/** What is recorded while somebody acts. */
async function recorded(act: () => Promise<unknown>): Promise<AuditEvent[]> {
  await service.app.get(AuditLog).flush();
  const before = (await events()).length;
  await act();
  await service.app.get(AuditLog).flush();
  return (await events()).slice(before);
}

describe.each(DRIVERS)('The audit trail of $name', (driver: Driver) => {
  const ask = ({ method, path, headers, ...sending }: Request, requestId: string): Promise<Answer> =>
    send(method, `${service.url}/${driver.name}${path}`, {
      ...sending,
      headers: { ...headers, 'x-request-id': requestId, 'user-agent': 'front end/1' },
    });

  async function member(): Promise<{ person: Person; id: number }> {
    const person = driver.newPerson();
    await ask(driver.registration(person), 'registration');
    await driver.activate?.(service, person);
    const users = service.app.get(DataSource).getRepository(User);
    const { id } =
      (await users.findOneBy({ username: person.username })) ?? (await users.findOneByOrFail({ email: person.email }));
    return { person, id };
  }

  /** An event, whole, but for its time. */
  const event = (of: Partial<Record<keyof AuditEvent, unknown>>): object => ({
    id: UUID,
    at: expect.any(Date) as Date,
    refusal: null,
    accountId: null,
    actorId: null,
    actor: null,
    identifierHash: null,
    door: driver.name,
    sessionId: null,
    ip: '127.0.0.1',
    userAgent: 'front end/1',
    count: 1,
    detail: null,
    ...of,
  });

  it('has registrations and sign-ins, with the session', async () => {
    let id = 0;
    const requestId = 'registration';
    const [registered] = await recorded(async () => ({ id } = await member()));
    expect(registered).toEqual(event({ kind: 'registered', accountId: id, actorId: id, requestId }));

    const { person, id: accountId } = await member();
    const [signedIn, ...others] = await recorded(() => ask(driver.signIn(person), 'sign-in'));
    expect(signedIn).toEqual(
      event({ kind: 'signed_in', accountId, actorId: accountId, sessionId: UUID, requestId: 'sign-in' }),
    );
    expect(others).toEqual([]);
  });

  it('has wrong passwords by the account, and names of nobody as a hash, alike for the same name', async () => {
    const { person, id: accountId } = await member();
    const stranger = driver.newPerson();
    const attempts = [{ ...person, password: 'Wrong1234#' }, stranger, stranger, driver.inAnotherCase(stranger)];
    if (driver.name === 'opaque-token') attempts[0] = { ...person, password: 'Wrong1234' };
    const [wrong, ...unknown] = await recorded(async () => {
      for (const attempt of attempts) await ask(driver.signIn(attempt), 'attempt');
      service.advance(300);
    });
    const requestId = 'attempt';
    expect(wrong).toEqual(event({ kind: 'signed_in', refusal: 'password_wrong', accountId, requestId }));
    const nobody = event({ kind: 'signed_in', refusal: 'account_unknown', identifierHash: HASH, requestId });
    expect(unknown).toEqual([nobody, { ...nobody, count: 2 }]);
    const [first, again] = unknown;
    expect(again?.identifierHash).toBe(first?.identifierHash);
  });

  it('is written by no statement on the path of a sign-in, but in one for many', async () => {
    const { person } = await member();
    await service.app.get(AuditLog).flush();
    const statements = recordStatements(service, true);
    await Promise.all(Array.from({ length: 20 }, () => ask(driver.signIn(person), 'counted')));
    await service.app.get(AuditLog).flush();
    const written = statements.filter((statement) => /^(?!DELETE).*audit_events/s.test(statement));
    expect(written.length).toBeGreaterThan(0);
    // The flush of the clock may come between, on a busy machine more than once.
    expect(written.length).toBeLessThan(20);
    expect(written.every((statement) => statement.startsWith('INSERT'))).toBe(true);
  });
});

describe('The audit trail', () => {
  it('holds no password, PIN, token, cookie or name of nobody, whatever was tried', async () => {
    const secrets: string[] = [];
    for (const driver of DRIVERS) {
      const person = driver.newPerson();
      const stranger = driver.newPerson();
      const say = async ({ method, path, ...sending }: Request): Promise<Answer> =>
        send(method, `${service.url}/${driver.name}${path}`, sending);
      await say(driver.registration(person));
      await driver.activate?.(service, person);
      const signedIn = await say(driver.signIn(person));
      await say(driver.signIn({ ...person, password: 'NotMyPassword1' }));
      await say(driver.signIn(stranger));
      await say(driver.guarded(driver.credential(signedIn)));
      // People type passwords into the field of the name.
      await say(driver.signIn({ ...stranger, username: 'TypedPassword1', email: 'typed-password@example.com' }));
      secrets.push(person.password, 'NotMyPassword1', driver.credential(signedIn), stranger.username, stranger.email);
    }
    secrets.push('TypedPassword1', 'typedpassword1', 'typed-password@example.com');
    await service.app.get(AuditLog).flush();
    const rows = JSON.stringify(await events());
    expect(secrets.filter((secret) => rows.includes(secret))).toEqual([]);
    expect(rows).not.toMatch(/\$2[aby]\$/);
  });
});
