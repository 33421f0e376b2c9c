import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/metrics/metrics.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { CookieClient, type SignedIn } from '../support/cookie.client.js';
import { withCookie } from '../support/cookies.js';
import { byStatus, Guessing } from '../support/guessing.js';
import { type Answer, form, send } from '../support/http.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import { resetUrl, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';

const [bareToken, tokenPair] = DRIVERS as [Driver, Driver];

/** Hashes that wait at most, requests of a flood that come at once, which are more, and people who sign in meanwhile. */
const { queue, atOnce, others } = sized({
  small: { queue: 40, atOnce: 48, others: 5 },
  full: { queue: 256, atOnce: 300, others: 20 },
});

/** At this cost, hashes are the work that everybody waits for. */
const COST = '8';

let service: Service;
let they: Guessing;

beforeEach(async () => {
  service = await startService({ ...LIMITED, BCRYPT_COST: COST, HASH_QUEUE_LIMIT: String(queue) });
  they = new Guessing(service);
});
afterEach(() => service.stop());

/** Who signs in through contract 2. */
async function signedIn(): Promise<SignedIn> {
  return new CookieClient(`${service.url}/cookie`).newcomer();
}

/** Makes the requests of a flood, given which request of all it is. */
type Flood = (n: number) => Promise<Answer>;

const wrong = (ip: string, person = bareToken.newPerson()): Promise<Answer> => they.guess(bareToken, person, ip);

const FLOODS: Record<string, () => Promise<Flood>> = {
  'PINs that one session sets': async () => {
    const { token } = await signedIn();
    return () =>
      send(
        'POST',
        `${service.url}/protected/pin`,
        from('192.0.2.1', { headers: withCookie(token), body: { pin: '12345' } }),
      );
  },
  'PINs that one session proves': async () => {
    const { token } = await signedIn();
    const headers = withCookie(token);
    await send('POST', `${service.url}/protected/pin`, from('192.0.2.1', { headers, body: { pin: '12345' } }));
    return () =>
      send('POST', `${service.url}/account/pin/verify`, from('192.0.2.1', { headers, body: { pin: '54321' } }));
  },
  'password changes of one session': async () => {
    const { token } = await signedIn();
    const body = { old_password: 'wrong', new_password: 'battery staple 71' };
    return () =>
      send('POST', `${service.url}/account/password`, from('192.0.2.1', { headers: withCookie(token), body }));
  },
  'erasures that one session asks for': async () => {
    const { token } = await signedIn();
    const body = { password: 'wrong' };
    return () => send('DELETE', `${service.url}/account`, from('192.0.2.1', { headers: withCookie(token), body }));
  },
  'passwords at one reset link': async () => {
    const url = await resetUrl(service, (await verifiedPerson(service)).email);
    return () => send('POST', url, from('192.0.2.1', form({ password: 'battery staple 71' })));
  },
  'registrations from one /24': async () => (n) => {
    const { method, path, ...sending } = bareToken.registration(bareToken.newPerson());
    return send(method, `${service.url}/bare-token${path}`, from(`192.0.2.${(n % 250) + 1}`, sending));
  },
  'wrong passwords from one /24': async () => (n) => wrong(`192.0.2.${(n % 250) + 1}`),
  'wrong passwords from one /56': async () => (n) => wrong(`2001:db8:0:${((n % 250) + 1).toString(16)}::1`),
  'wrong passwords from one /48': async () => (n) => wrong(`2001:db8:0:${((n % 60_000) + 1).toString(16)}::1`),
  'right passwords of one address': async () => {
    const person = await they.member(bareToken);
    return () => they.signIn(bareToken, person, '192.0.2.1');
  },
};

/** For each comparison that is made for networks of `newNetwork()`, how many hashes of others came before it. */
function waitsOfStrangers(): number[] {
  const waits: number[] = [];
  const hashed = vi.spyOn(service.app.get(Metrics).hashSeconds, 'observe').mock.calls;
  const pool = service.app.get(HashingPool);
  const compare = pool.compare.bind(pool);
  vi.spyOn(pool, 'compare').mockImplementation(async (input, hash, caller) => {
    const before = hashed.length;
    const matches = await compare(input, hash, caller);
    if (caller.caller[0]?.startsWith('10.')) waits.push(hashed.length - before - 1);
    return matches;
  });
  return waits;
}

describe.each(Object.entries(FLOODS))('A flood of %s', (_what, begin) => {
  it('costs others nothing: each who signs in waits for two hashes at most, and is let in', async () => {
    const people = await Promise.all(Array.from({ length: others }, () => they.member(tokenPair)));
    const flood = await begin();
    const waits = waitsOfStrangers();
    const flooding = Promise.all(Array.from({ length: atOnce }, (_, n) => flood(n)));
    const pool = service.app.get(HashingPool);
    await expect.poll(() => pool.waitingCount, { interval: 1 }).toBeGreaterThan(0);

    const answers: Answer[] = [];
    for (const person of people) answers.push(await they.signIn(tokenPair, person, newNetwork()));

    expect(byStatus(answers)).toEqual({ 200: others });
    // The one that is under way, and one whose turn it is.
    expect(Math.max(...waits)).toBeLessThanOrEqual(2);
    expect(waits).toHaveLength(others);
    await flooding;
  });
});

describe('The hashing queue', () => {
  it('lets 64 right sign-ins at once from one address in', async () => {
    const person = await they.member(bareToken);
    const answers = await Promise.all(Array.from({ length: 64 }, () => they.signIn(bareToken, person, '192.0.2.1')));
    expect(byStatus(answers)).toEqual({ 200: 64 });
  });

  it('hashes nothing for a client that has gone', async () => {
    const pool = service.app.get(HashingPool);
    const people = await Promise.all(Array.from({ length: 50 }, () => they.member(bareToken)));
    const hashed = vi.spyOn(service.app.get(Metrics).hashSeconds, 'observe');
    const leaving = new AbortController();
    const asked = people.map((person) => {
      const { method, path, body, headers } = from(newNetwork(), bareToken.signIn(person));
      return fetch(`${service.url}/bare-token${path}`, {
        method,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
        signal: leaving.signal,
      }).catch(() => undefined);
    });
    await expect.poll(() => pool.waitingCount, { interval: 1 }).toBeGreaterThan(10);
    leaving.abort();
    await Promise.all(asked);
    await expect.poll(() => pool.waitingCount + pool.busyCount).toBe(0);
    expect(hashed.mock.calls.length).toBeLessThan(50);
    expect((await they.signIn(bareToken, people[0]!, newNetwork())).status).toBe(200);
  });
});
