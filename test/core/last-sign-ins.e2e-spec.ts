import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { UsersService } from '../../src/users/users.service.js';
import { send } from '../support/http.js';
import { newPerson, type Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function registered(): Promise<Person> {
  const person = newPerson();
  await send('POST', `${service.url}/opaque-token/register`, { body: person });
  return person;
}

const signIn = (person: Person): Promise<object> => send('POST', `${service.url}/auth/login`, { body: person });

async function lastSignIn({ username }: Person): Promise<number | undefined> {
  const user = await service.app.get(UsersService).findByName('username', username);
  return user?.lastSignInAt?.getTime();
}

describe('the time of the last sign-in', () => {
  it('is written in a batch, the latest one, and registering is none', async () => {
    const person = await registered();
    await service.app.get(LastSignIns).flush();
    expect(await lastSignIn(person)).toBeUndefined();
    await signIn(person);
    service.advance(3600);
    await signIn(person);
    await service.app.get(LastSignIns).flush();
    const aheadMs = ((await lastSignIn(person)) ?? 0) - Date.now();
    expect(aheadMs).toBeGreaterThan(3_590_000);
  });

  it('is not lost when the service stops', async () => {
    const person = await registered();
    await signIn(person);
    service = await service.restart();
    expect(await lastSignIn(person)).toBeGreaterThan(0);
  });
});
