import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { FrontEnds, type Opened } from '../support/front-ends.js';
import { type Answer, send } from '../support/http.js';
import { type Instances, startInstances } from '../support/instances.js';
import type { Person } from '../support/people.js';
import { type Connection, type OwnPostgres, startOwnPostgres } from '../support/postgres.js';
import { whole } from '../support/whole.js';

/** How many connections an instance has at most: its pool, and the one that listens. */
const MOST_CONNECTIONS = 5;

let postgres: OwnPostgres;
let database: Connection;
let instances: Instances;
let they: FrontEnds;

beforeAll(async () => {
  postgres = await startOwnPostgres();
  const { DATABASE_URL } = await postgres.createDatabase('outage');
  instances = await startInstances(DATABASE_URL!, [{ env: { DATABASE_POOL_SIZE: String(MOST_CONNECTIONS - 1) } }]);
  database = await postgres.connect('outage');
  they = new FrontEnds(() => instances.next(), database);
});
afterAll(async () => {
  await instances.stop();
  await postgres.stop();
});

/** Pause of a front end after each pair of requests, in milliseconds. */
const BETWEEN_MS = 50;

/** Stops and starts of the database. */
const OUTAGES = sized({ small: 1, full: 2 });

/** One of the requests of a front end's day, and the contract that words its answer. */
interface Asked {
  readonly answer: Answer;
  readonly opened: Opened;
}

/** Front ends that go on asking, each of its contract, until they are told to stop; whatever was answered. */
function load(sessions: readonly Opened[]): { readonly answered: Asked[]; readonly stop: () => Promise<void> } {
  const answered: Asked[] = [];
  const stopping = new AbortController();
  const asking = sessions.map(async (opened) => {
    while (!stopping.signal.aborted) {
      answered.push({ opened, answer: await they.use(opened) });
      const { driver, person } = opened;
      answered.push({ opened, answer: await they.ask(driver, driver.signIn(person)) });
      await pause(BETWEEN_MS);
    }
  });
  return {
    answered,
    stop: async () => {
      stopping.abort();
      await Promise.all(asking);
    },
  };
}

async function serves(person: Person): Promise<number[]> {
  const answers = await Promise.all(DRIVERS.map((driver) => they.ask(driver, driver.signIn(person))));
  return answers.map(({ status }) => status);
}

describe('A PostgreSQL that is stopped and started under load', { timeout: 180_000 }, () => {
  it('is told as 503 with Retry-After by each contract, and costs no more than the time it is away', async () => {
    const person = await they.member();
    const sessions = await they.openAll(person);

    for (let outage = 0; outage < OUTAGES; outage++) {
      const { answered, stop } = load([...sessions, ...sessions]);
      await expect.poll(() => answered.length, { timeout: 10_000 }).toBeGreaterThan(20);
      await postgres.pause();
      const refusing = (): number =>
        new Set(answered.filter(({ answer }) => answer.status === 503).map(({ opened }) => opened.driver.name)).size;
      await expect.poll(refusing, { timeout: 10_000 }).toBe(DRIVERS.length);
      await postgres.resume();
      await expect.poll(() => serves(person), { timeout: 5000 }).toEqual(DRIVERS.map(() => 200));
      await stop();

      const refused = answered.filter(({ answer }) => answer.status === 503);
      for (const { answer, opened } of refused) {
        expect(whole(answer)).toEqual(opened.driver.refusals.storeFailing);
        expect(answer.headers['retry-after']).toBe('5');
      }
      for (const { answer, opened } of answered.filter((one) => !refused.includes(one))) {
        const { driver } = opened;
        expect([driver.passed(person), driver.signedIn(person)]).toContainEqual(whole(answer));
      }
    }
    expect((await send('GET', `${instances.next()}/health/ready`)).status).toBe(200);
  });

  it('leaves no connection behind, and no word on standard error', async () => {
    database = await postgres.connect('outage');
    const { rows } = await database.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'latchkey'`,
    );
    await database.end();
    expect(rows[0]?.count).toBeLessThanOrEqual(MOST_CONNECTIONS);
    expect(instances.all[0]?.errors()).toBe('');
  });
});
