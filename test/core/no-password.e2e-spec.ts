import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { NO_PASSWORD } from '../../src/users/password-scheme.js';
import { User } from '../../src/users/user.entity.js';
import { holdNext } from '../support/hold.js';
import { NO_ACTIVE_ACCOUNT, PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('An account without a password', () => {
  it('refuses every password with the work of a comparison, and logs no error', async () => {
    const pairs = new PairClient(service.url);
    const { person } = await pairs.newcomer();
    const usernameKey = person.username;
    await service.app.get(DataSource).getRepository(User).update({ usernameKey }, { passwordHash: NO_PASSWORD });

    for (const password of [person.password, NO_PASSWORD, '$2b$04$', 'a'.repeat(100)]) {
      const hold = holdNext(service.app.get(HashingPool), 'compare', 'before');
      const signingIn = pairs.signIn({ ...person, password });
      await hold.reached;
      hold.release();
      expect(whole(await signingIn)).toEqual(NO_ACTIVE_ACCOUNT);
    }
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
