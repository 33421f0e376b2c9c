import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { PinsStore } from '../../src/users/pins.store.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { PairClient } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function newAccount(): Promise<{ id: number; sessionId: string }> {
  const { pair } = await new PairClient(service.url).newcomer();
  const { sub, sid } = decode(pair.access).claims;
  return { id: Number(sub), sessionId: sid as string };
}

const user = (id: number): Promise<User> => service.app.get(DataSource).getRepository(User).findOneByOrFail({ id });

describe('A session that was revoked', () => {
  it('is not pushed on by a use of it that was under way', async () => {
    const sessions = service.app.get(DataSource).getRepository(Session);
    const { sessionId } = await newAccount();
    await service.app.get(SessionsService).revoke(sessionId, 'signed_out');
    const before = await sessions.findOneByOrFail({ id: sessionId });

    await service.app.get(SessionsService).extend(sessionId, new Date(Date.now() + 1e10));

    expect(await sessions.findOneByOrFail({ id: sessionId })).toEqual(before);
  });
});

describe('A PIN', () => {
  it('is replaced only while it is the one that was looked at', async () => {
    const pins = service.app.get(PinsStore);
    const { id, sessionId } = await newAccount();
    expect(await pins.replace(id, null, 'first', sessionId)).toBe(true);

    expect([
      await pins.replace(id, null, 'second', sessionId),
      await pins.replace(id, 'other', 'second', sessionId),
    ]).toEqual([false, false]);
    expect((await user(id)).pinHash).toBe('first');
    expect(await pins.replace(id, 'first', null, sessionId)).toBe(true);
    expect((await user(id)).pinHash).toBeNull();
  });

  it('that was replaced meanwhile forgets no failures of the new one', async () => {
    const pins = service.app.get(PinsStore);
    const { id, sessionId } = await newAccount();
    await pins.replace(id, null, 'new', sessionId);
    await pins.countTry(id, new Date(Date.now() + 1000));

    await pins.forgetFailures(id, 'old');
    expect((await user(id)).pinFailures).toBe(1);
    await pins.forgetFailures(id, 'new');
    expect((await user(id)).pinFailures).toBe(0);
  });
});

describe('An e-mail address', () => {
  it('is confirmed only of the account that still has it', async () => {
    const { username, email, password } = newPerson('Secret1234#');
    const body = { username, email, password1: password, password2: password };
    const { json } = await send('POST', `${service.url}/cookie/users/register`, { body });
    const { id } = json as { id: number };
    const users = service.app.get(UsersService);

    expect(await users.confirmEmail(id, `other-${email}`, true)).toBe(false);
    expect((await user(id)).emailVerifiedAt).toBeNull();
    expect(await users.confirmEmail(id, email.toUpperCase(), true)).toBe(true);
    expect((await user(id)).emailVerifiedAt).toEqual(expect.any(Date));
  });
});

describe('A round of housekeeping', () => {
  it('does not begin while another one runs', async () => {
    const housekeeping = service.app.get(HousekeepingService);
    const statements = recordStatements(service);
    await housekeeping.sweep();
    const ofOne = statements.length;
    // Waits for one that the service's timer began, which would keep all of these from beginning.
    await housekeeping.everyMinute();
    statements.length = 0;

    await Promise.all([housekeeping.everyMinute(), housekeeping.everyMinute(), housekeeping.everyMinute()]);

    expect(ofOne).toBeGreaterThan(0);
    expect(statements).toHaveLength(ofOne);
  });
});
