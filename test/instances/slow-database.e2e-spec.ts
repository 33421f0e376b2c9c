import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { DatabaseProxy } from '../support/database-proxy.js';
import { figure, metricsOf } from '../support/exposition.js';
import { FrontEnds } from '../support/front-ends.js';
import { byStatus } from '../support/guessing.js';
import { type Instances, startInstances } from '../support/instances.js';
import type { Person } from '../support/people.js';
import { type Connection, type Postgres, startPostgres } from '../support/postgres.js';
import type { Environment } from '../support/service.js';
import { whole } from '../support/whole.js';

/** A small instance: what is bounded is found soon. */
const SMALL = { DATABASE_POOL_SIZE: '2', DATABASE_STATEMENT_TIMEOUT: '1s', DATABASE_CONNECT_TIMEOUT: '1s' };

/** How many statements may wait for a connection of such an instance. */
const MOST_WAITING = 100;

/** Rounds of 500 requests to a store that does not answer. */
const ROUNDS = sized({ small: 2, full: 4 });

/** How much memory those requests may cost for good, in bytes. */
const NOISE = 64 * 1024 * 1024;

/** An instance behind a proxy of its own, and the front ends that ask it. */
interface Behind {
  readonly proxy: DatabaseProxy;
  readonly instances: Instances;
  readonly they: FrontEnds;
}

let postgres: Postgres;
let database: Connection;
/** One with the time-outs of the defaults. */
let patient: Behind;
let small: Behind;
let person: Person;

async function startBehind(databaseUrl: string, env?: Environment): Promise<Behind> {
  const proxy = await DatabaseProxy.start(databaseUrl);
  const instances = await startInstances(proxy.url, [{ env }]);
  return { proxy, instances, they: new FrontEnds(() => instances.next(), database) };
}

beforeAll(async () => {
  postgres = await startPostgres();
  const { DATABASE_URL } = await postgres.createDatabase('slow');
  database = await postgres.connect('slow');
  patient = await startBehind(DATABASE_URL!);
  small = await startBehind(DATABASE_URL!, SMALL);
  person = await patient.they.member();
});
afterAll(async () => {
  for (const { instances, proxy } of [patient, small]) {
    await instances.stop();
    await proxy.stop();
  }
  await database.end();
  await postgres.stop();
});

async function memory(): Promise<number> {
  return figure(await metricsOf(small.instances.all[0]!), 'process_resident_memory_bytes');
}

async function signsIn({ they }: Behind): Promise<number[]> {
  const answers = await Promise.all(DRIVERS.map((driver) => they.ask(driver, driver.signIn(person))));
  return answers.map(({ status }) => status);
}

describe('A database that answers', () => {
  it('late is waited for', async () => {
    patient.proxy.delayMs = 50;
    expect(await signsIn(patient)).toEqual(DRIVERS.map(() => 200));
    patient.proxy.delayMs = 0;
  });

  it('too late costs each request 503 in its contract’s shape after a bounded time, and piles nothing up', async () => {
    const { proxy, instances, they } = small;
    // The first sign-ins load modules, which stay in memory.
    await signsIn(small);
    const before = await memory();
    proxy.delayMs = 4000;
    for (let round = 0; round < ROUNDS; round++) {
      const startedAtMs = performance.now();
      const asked = Array.from({ length: 500 }, (_, index) => DRIVERS[index % DRIVERS.length]!);
      const answers = await Promise.all(asked.map((driver) => they.ask(driver, driver.signIn(person))));
      expect(byStatus(answers)).toEqual({ 503: asked.length });
      for (const [index, answer] of answers.entries()) {
        expect(whole(answer)).toEqual(asked[index]!.refusals.storeFailing);
        expect(answer.headers['retry-after']).toBe('5');
      }
      expect(performance.now() - startedAtMs).toBeLessThan(15_000);
    }
    expect(proxy.connectionCount).toBeLessThanOrEqual(8);
    expect((await memory()) - before).toBeLessThan(NOISE);
    expect(instances.all[0]?.errors()).toBe('');
  });

  it('never lets more wait than it may: the rest is refused at once', async () => {
    const { proxy, they } = small;
    await proxy.become('frozen');
    const [driver] = DRIVERS as [(typeof DRIVERS)[number]];
    const order: string[] = [];
    const ask = async (what: string): Promise<void> => {
      await they.ask(driver, driver.signIn(person));
      order.push(what);
    };
    const first = Array.from({ length: MOST_WAITING / 2 }, () => ask('waited'));
    const rest = Array.from({ length: MOST_WAITING * 2 }, () => ask('came later'));
    await Promise.all([...first, ...rest]);
    // Of those that came later, as many as found no room were answered before anybody who waited.
    expect(order.indexOf('waited')).toBeGreaterThanOrEqual(MOST_WAITING);
    await proxy.become('open');
  });

  it('in time again is used again within 5 seconds, by as many connections as there may be', async () => {
    const { proxy } = small;
    proxy.delayMs = 0;
    await expect.poll(() => signsIn(small), { timeout: 5000 }).toEqual(DRIVERS.map(() => 200));
    expect(proxy.connectionCount).toBeLessThanOrEqual(3);
  });
});
