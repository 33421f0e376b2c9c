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
      SIGN_IN_LIMIT_IN_A_ROW: '4/3m',
    });
    const person = await strict.member(bareToken);
    const [one, two] = [newNetwork(), newNetwork()];
    const policy = async (ip: string, whom = person): Promise<unknown> =>
      (await strict.guess(bareToken, whom, ip)).headers['ratelimit-policy'];
    expect(await guessesLeft(strict, bareToken, person, one)).toBe(3);
    expect(await policy(one)).toBe('"sign-in-name-address";q=3;w=60');
    expect(await guessesLeft(strict, bareToken, person, two)).toBe(1);
    expect(await policy(two)).toMatch(/^"sign-in-(account|row)";q=4;w=180$/);
    expect(await guessesLeft(strict, bareToken, bareToken.newPerson(), one)).toBe(2);
    expect(await policy(one, bareToken.newPerson())).toBe('"sign-in-address";q=5;w=120');
  });

  it.each(['SIGN_INS_PER_HOUR', 'SIGN_INS_PER_DAY', 'SIGN_INS_NETWORK'])(
    'bound right sign-ins: %s',
    async (setting) => {
      const few = await others({ [setting]: '3/1m' });
      const person = await few.member(bareToken);
      const ip = newNetwork();
      const statuses = [];
      // An address may spend half of what its network has.
      for (const address of [ip, ip.replace(/\d+$/, '2'), ip, ip.replace(/\d+$/, '3')])
        statuses.push((await few.signIn(bareToken, person, address)).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      expect((await few.guess(bareToken, bareToken.newPerson(), newNetwork())).status).toBe(401);
      few.service.advance(60);
      expect((await few.signIn(bareToken, person, ip)).status).toBe(200);
    },
  );

  it('may switch them off', async () => {
    const open = await others({ LIMITS: 'off' });
    const person = await open.member(bareToken);
    expect(byStatus(await open.guesses(120, bareToken, person, newNetwork()))).toEqual({ 401: 120 });
    expect(await open.service.app.get(DataSource).getRepository(RateLimit).count()).toBe(0);
  });
});
