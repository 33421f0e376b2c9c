import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { User } from '../../src/users/user.entity.js';
import { CookieClient, refused } from '../support/cookie.client.js';
import { holdNext } from '../support/hold.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const SET = { status: 200, body: { message: 'pin set' } };
const REAUTH_SECONDS = 600;

let service: Service;
let client: CookieClient;

beforeAll(async () => {
  service = await startService();
  client = new CookieClient(service.url);
});
afterAll(() => service.stop());

describe('POST /protected/pin', () => {
  it('sets the PIN for a front end that sends its form twice', async () => {
    const { token } = await client.newcomer();
    const answers = await Promise.all([1, 2].map(() => client.setPin(token, { pin: 'PIN2' })));
    expect(answers.map(whole)).toEqual([SET, SET]);
  });

  it('forgets the proofs of the PIN that was, in every other session', async () => {
    const { token, person } = await client.newcomer();
    await client.setPin(token, { pin: 'OLD1' });
    const other = await client.session(person);
    service.advance(REAUTH_SECONDS + 1);
    expect(whole(await client.setPin(other, { pin: 'OLD1', current_pin: 'OLD1' }))).toEqual(SET);
    expect(whole(await client.setPin(token, { pin: 'NEW1', current_pin: 'OLD1' }))).toEqual(SET);
    const refusal = refused(401, 'sign in again or prove the present pin');
    expect(whole(await client.setPin(other, { pin: 'OLD1' }))).toEqual(refusal);
    expect(whole(await client.setPin(token, { pin: 'NEW2' }))).toEqual(SET);
  });

  it('sets none for a session that is ended while the PIN is hashed, nor for an account that is deleted', async () => {
    const revocation = service.app.get(RevocationService);
    for (const end of [
      (id: number) => revocation.clearTokens(id),
      (id: number) => revocation.deactivate(id),
      (id: number) => revocation.deleteAccount(id),
    ]) {
      const { token, id } = await client.newcomer();
      const hold = holdNext(service.app.get(HashingPool), 'hash', 'after');
      const setting = client.setPin(token, { pin: 'PIN2' });
      await hold.reached;
      await end(id);
      hold.release();

      expect((await setting).status).toBe(401);
      const { pinHash } = await service.app.get(DataSource).getRepository(User).findOneByOrFail({ id });
      expect(pinHash).toBeNull();
    }
  });

  it('takes no proof of a PIN that was changed while it was compared', async () => {
    const { token, person } = await client.newcomer();
    await client.setPin(token, { pin: 'OLD1' });
    const other = await client.session(person);
    service.advance(REAUTH_SECONDS + 1);
    const hold = holdNext(service.app.get(HashingPool), 'compare', 'after');
    const proving = client.setPin(other, { pin: 'PIN2', current_pin: 'OLD1' });
    await hold.reached;
    expect(whole(await client.setPin(token, { pin: 'NEW1', current_pin: 'OLD1' }))).toEqual(SET);
    hold.release();

    expect((await proving).status).toBe(401);
    expect((await client.setPin(other, { pin: 'PIN3' })).status).toBe(401);
  });

  it('takes an empty proof for none, and counts no try for it', async () => {
    const { token } = await client.newcomer();
    await client.setPin(token, { pin: 'OLD1' });
    for (let tries = 0; tries < 6; tries++) {
      const answer = await client.setPin(token, { pin: 'OLD1', current_pin: '' }, { 'x-pin': '' });
      expect(whole(answer)).toEqual(SET);
    }
  });
});

describe('a service behind https', () => {
  it('refuses its plain http namesake as an origin', async () => {
    const secure = await startService({ PUBLIC_URL: 'https://latchkey.test' });
    const login = async (origin: string): Promise<number> => {
      const headers = { host: 'id.example.com', origin };
      const body = { username: 'nobody', password1: 'x' };
      const answer = await new CookieClient(secure.url).send('POST', '/users/login', { headers, body });
      return answer.status;
    };
    expect(await login('https://id.example.com')).toBe(404);
    expect(await login('http://id.example.com')).toBe(403);
    await secure.stop();
  });
});
