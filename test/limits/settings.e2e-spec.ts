import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RateLimit } from '../../src/limits/rate-limit.entity.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { byStatus, Guessing, guessesLeft } from '../support/guessing.js';
import { LIMITED, newNetwork } from '../support/networks.js';
import { type Environment, startService } from '../support/service.js';

const [bareToken] = DRIVERS as [Driver];

/** One service at a time: Passport keeps its strategies by process. */
async function others(env: Environment): Promise<Guessing> {
  const service = await startService({ ...LIMITED, ...env });
  onTestFinished(() => service.stop());
  return new Guessing(service);
}

describe('settings of limits', () => {
  it('is there without a proxy too', async () => {
    const direct = await others({ TRUST_PROXY: '' });
    const person = await direct.member(bareToken);
    expect(await guessesLeft(direct, bareToken, person, newNetwork())).toBe(10);
    expect((await direct.guess(bareToken, person, newNetwork())).status).toBe(429);
  });

  it('say how many, from where and for how long', async () => {
    const strict = await others({
      SIGN_IN_LIMIT: '3/1m',
      SIGN_IN_LIMIT_NETWORK: '5/2m',
      SIGN_IN_LIMIT_ACCOUNT: '4/3m',
    });
    const person = await strict.member(bareToken);
    const [one, two] = [newNetwork(), newNetwork()];
    const policy = async (ip: string, whom = person): Promise<unknown> =>
      (await strict.guess(bareToken, whom, ip)).headers['ratelimit-policy'];
    expect(await guessesLeft(strict, bareToken, person, one)).toBe(3);
    expect(await policy(one)).toBe('"sign-in";q=3;w=60');
    expect(await guessesLeft(strict, bareToken, person, two)).toBe(1);
    expect(await policy(two)).toBe('"sign-in-account";q=4;w=180');
    expect(await guessesLeft(strict, bareToken, bareToken.newPerson(), one)).toBe(2);
    expect(await policy(one, bareToken.newPerson())).toBe('"sign-in-network";q=5;w=120');
  });

  it('may switch them off', async () => {
    const open = await others({ LIMITS: 'off' });
    const person = await open.member(bareToken);
    expect(byStatus(await open.guesses(120, bareToken, person, newNetwork()))).toEqual({ 401: 120 });
    expect(await open.service.app.get(DataSource).getRepository(RateLimit).count()).toBe(0);
  });
});
