import type { Piscina } from 'piscina';
import { expect, it } from 'vitest';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { PairClient } from '../support/pairs.js';
import { startService } from '../support/service.js';

it('threads begin with the first work, end after a quiet minute, and begin again with the next sign-in', async () => {
  const service = await startService({ HASH_THREADS: '2' });
  const pool = Reflect.get(service.app.get(HashingPool), 'pool') as Piscina;
  expect(pool.threads).toHaveLength(0);
  expect(pool.options.idleTimeout).toBe(60_000);
  // Nobody waits for a minute here.
  Object.assign(pool.options, { idleTimeout: 50 });
  const client = new PairClient(service.url);
  const { person } = await client.newcomer();
  for (let times = 0; times < 5; times++) {
    // Many at once: an answer comes while the next work is handed out.
    const answers = await Promise.all(Array.from({ length: 16 }, () => client.signIn(person)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
    await expect.poll(() => pool.threads.length, { timeout: 10_000 }).toBe(0);
  }
  expect((await client.signIn({ ...person, password: 'Wrong1234' })).status).toBe(401);
  await service.stop();
});
