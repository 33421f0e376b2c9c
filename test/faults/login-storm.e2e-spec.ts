import { describe, expect, it } from 'vitest';
import { cookie } from '../drivers/cookie.driver.js';
import { sized } from '../runner/size.js';
import { figure, metricsOf } from '../support/exposition.js';
import { type Answer, send } from '../support/http.js';
import { ask, type Holder, holder, holders } from '../support/holders.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from '../support/process.js';
import { whole } from '../support/whole.js';

const THREADS = 1;
const QUEUE = sized({ small: 5, full: 8 });

/** How many sign-ins come at once: ten times what the thread and its queue hold. */
const STORM = 10 * (THREADS + QUEUE);

/** At this cost a hash takes much longer than taking or refusing a quarter of the storm, on a busy machine too. */
const BCRYPT_COST = sized({ small: '12', full: '13' });

/** Wrong passwords allowed: more than the thread and its queue hold at once. */
const TRIES = sized({ small: 9, full: 12 });

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 120_000;

/** How much memory a storm may take, in bytes: far less than what piled up without bounds would. */
const MEMORY = 256 * 1024 * 1024;

async function start(): Promise<ServiceProcess> {
  const service = startProcess(emptyFolder(), {
    PORT: await freePort(),
    METRICS_PORT: await freePort(),
    EMAIL_VERIFICATION: 'off',
    BCRYPT_COST,
    HASH_THREADS: String(THREADS),
    HASH_QUEUE_LIMIT: String(QUEUE),
    SIGN_IN_LIMIT: `${TRIES}/1h`,
  });
  await service.listening;
  return service;
}

/** What the service measures of itself, by name. */
async function measured(service: ServiceProcess, name: string): Promise<number> {
  return figure(await metricsOf(service), name);
}

/** Signs many in at once, each over a connection of its own. */
function storm(
  count: number,
  signIn: (i: number) => Promise<Answer>,
): { isOver: () => boolean; answers: Promise<Answer[]> } {
  let underWay = count;
  const answers = Promise.all(
    Array.from({ length: count }, async (_nothing, i) => signIn(i).finally(() => underWay--)),
  );
  return { isOver: () => underWay === 0, answers };
}

/** The statuses of sign-ins in the order in which the service had answered them. */
function answeredInOrder({ output }: ServiceProcess, from: number): unknown[] {
  const lines = output.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.filter(({ route }) => /login$|token$/.test(String(route))).map(({ status }) => status);
}

const isIn = ({ status }: Answer): boolean => status === 200;

describe('A storm of sign-ins, ten times what the hashing queue holds', { timeout: HANGS_MS }, () => {
  it('is let in as far as the queue goes and otherwise answered 503 at once; what needs no hash goes on', async () => {
    const service = await start();
    const { url, output } = service;
    const people = await holders(url);
    // Its one route with a token hashes.
    const others = people.filter(({ driver }) => driver.name !== 'opaque-token');
    const memory = await measured(service, 'process_resident_memory_bytes');
    // The log is written a moment later; this is the line of what was asked last.
    await send('GET', `${url}/account/sessions`);
    await expect.poll(() => output.some((line) => line.includes('"/account/sessions"'))).toBe(true);
    const logged = output.length;
    const at = (i: number): Holder => people[i % people.length] as Holder;

    const { isOver, answers } = storm(STORM, (i) => ask(url, { ...at(i).driver.signIn(at(i).person), agent: false }));
    let rounds = 0;
    const waiting: number[] = [];
    for (; !isOver(); rounds++) {
      for (const { driver, person, credential } of others)
        expect(whole(await ask(url, driver.guarded(credential)))).toEqual(driver.passed(person));
      waiting.push(await measured(service, 'latchkey_hash_queue_length'));
    }

    const all = await answers;
    for (const [i, answer] of all.entries()) {
      const { driver, person } = at(i);
      expect(whole(answer)).toEqual(isIn(answer) ? driver.signedIn(person) : driver.refusals.storeFailing);
      expect(answer.headers['retry-after']).toBe(isIn(answer) ? undefined : '2');
    }
    // A hash that is made while the storm comes lets one more in.
    const inCount = all.filter(isIn).length;
    expect(inCount).toBeGreaterThanOrEqual(THREADS + QUEUE);
    expect(inCount).toBeLessThan(STORM / 2);
    expect(answeredInOrder(service, logged).indexOf(200)).toBeGreaterThan(STORM / 4);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(QUEUE);
    expect(rounds).toBeGreaterThan(1);
    expect((await measured(service, 'process_resident_memory_bytes')) - memory).toBeLessThan(MEMORY);

    for (const { driver, person } of people)
      expect(whole(await ask(url, driver.signIn(person)))).toEqual(driver.signedIn(person));
  });

  it('takes from the limit of an account only what was compared: a 503 is no attempt', async () => {
    const { url } = await start();
    const { driver, person } = await holder(url, cookie);
    const guess = driver.signIn({ ...person, password: 'NotMyPassword1' });

    const answers = await storm(TRIES, () => ask(url, { ...guess, agent: false })).answers;
    const compared = answers.filter(({ status }) => status === 401).length;
    expect(answers.filter(({ status }) => status === 503).length).toBe(TRIES - compared);
    expect(compared).toBeGreaterThanOrEqual(THREADS + QUEUE);

    for (let i = compared; i < TRIES; i++) expect(whole(await ask(url, guess))).toEqual(driver.refusals.wrongPassword);
    expect(whole(await ask(url, guess))).toEqual(driver.refusals.tooManyAttempts);
  });
});
