import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { DatabaseProxy } from '../support/database-proxy.js';
import { figure, metricsOf } from '../support/exposition.js';
import { FrontEnds, type Opened } from '../support/front-ends.js';
import { send } from '../support/http.js';
import { type Instances, startInstances } from '../support/instances.js';
import type { Person } from '../support/people.js';
import { type Connection, type Postgres, startPostgres } from '../support/postgres.js';
import { whole } from '../support/whole.js';

/** The oldest knowledge of revocations that a token is let in by, in milliseconds. */
const OLDEST_MS = 5000;

/** Pause between two requests with the same token, in milliseconds. */
const BETWEEN_MS = 10;

/** Revocations whose median reach is measured. */
const ROUNDS = sized({ small: 5, full: 9 });

/** Contracts whose tokens are checked in memory; opaque tokens are looked up in the store. */
const IN_MEMORY = DRIVERS.filter(({ name }) => name !== 'opaque-token' && name !== 'basic');

let postgres: Postgres;
let database: Connection;
/** Between the store and the first instance, whose machine's clock is four minutes slow; the second one's is three fast. */
let proxy: DatabaseProxy;
let instances: Instances;
let they: FrontEnds;
let here: string;
let elsewhere: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const { DATABASE_URL } = await postgres.createDatabase('feed');
  proxy = await DatabaseProxy.start(DATABASE_URL!);
  instances = await startInstances(DATABASE_URL!, [
    { clockSkewMs: -240_000, env: { DATABASE_URL: proxy.url } },
    { clockSkewMs: 180_000 },
  ]);
  [here, elsewhere] = instances.all.map(({ url }) => url) as [string, string];
  database = await postgres.connect('feed');
  they = new FrontEnds(() => elsewhere, database);
  await listening(1);
});
afterEach(async () => {
  proxy.delayMs = 0;
  await proxy.become('open');
  await ready();
  await listening(1);
});
afterAll(async () => {
  await instances.stop();
  await proxy.stop();
  await database.end();
  await postgres.stop();
});

async function ready(): Promise<void> {
  const look = async (): Promise<void> => expect((await send('GET', `${here}/health/ready`)).status).toBe(200);
  await vi.waitFor(look, { timeout: OLDEST_MS });
}

/** Waits until the first instance hears what is announced, or no more. */
async function listening(value: 0 | 1): Promise<void> {
  const name = 'latchkey_revocation_feed_listening';
  const look = async (): Promise<void> => expect(figure(await metricsOf(instances.all[0]!), name)).toBe(value);
  await vi.waitFor(look, { timeout: OLDEST_MS });
}

/** Somebody with sessions through all contracts that are checked in memory, used here at least once. */
async function knownHere(): Promise<{ person: Person; sessions: Opened[] }> {
  const person = await they.member();
  const sessions: Opened[] = [];
  for (const driver of IN_MEMORY) sessions.push(await they.open(driver, person));
  for (const opened of sessions) expect(whole(await they.use(opened, here))).toEqual(opened.driver.passed(person));
  return { person, sessions };
}

/** How long after its revocation a session's token was let in here for the last time, and what was answered then on. */
async function untilRefused(opened: Opened, revokedAtMs: number): Promise<{ lastPassedMs: number; status: number }> {
  let lastPassedMs = 0;
  for (;;) {
    const askedMs = performance.now() - revokedAtMs;
    const { status } = await they.use(opened, here);
    if (status !== opened.driver.passed(opened.person).status) return { lastPassedMs, status };
    lastPassedMs = askedMs;
    await pause(BETWEEN_MS);
  }
}

/** Ends somebody's sessions at the other instance, and finds out how long their tokens are let in here. */
async function revocationReach(): Promise<{ lastPassedMs: number; status: number }[]> {
  const { person, sessions } = await knownHere();
  await they.clear(person);
  const revokedAtMs = performance.now();
  return Promise.all(sessions.map((opened) => untilRefused(opened, revokedAtMs)));
}

const refusedBy = (driver: Driver): number => driver.refusals.deactivatedToken.status;

describe('A revocation at another instance, whose clock is seven minutes apart', () => {
  it('is heard here: half of them long before the store would be asked again', async () => {
    const reaches = [];
    for (let round = 0; round < ROUNDS; round++) reaches.push(...(await revocationReach()));
    const sorted = reaches.map(({ lastPassedMs }) => lastPassedMs).sort((a, b) => a - b);
    expect(reaches.map(({ status }) => status)).toEqual(reaches.map(() => 401));
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(500);
    expect(sorted.at(-1)).toBeLessThan(OLDEST_MS);
  });

  it('counts within 5 seconds while nothing can be heard', async () => {
    await proxy.become('deaf');
    await listening(0);
    const reaches = await revocationReach();
    expect(reaches.map(({ status }) => status)).toEqual(IN_MEMORY.map(refusedBy));
    for (const { lastPassedMs } of reaches) expect(lastPassedMs).toBeLessThan(OLDEST_MS);
  });

  it('counts within 5 seconds of one by hand, which is not announced', async () => {
    const { person, sessions } = await knownHere();
    await database.query(
      `UPDATE sessions SET revoked_at = clock_timestamp(), revoked_because = 'signed_out'
       WHERE user_id = (SELECT id FROM users WHERE username = $1)`,
      [person.username],
    );
    const revokedAtMs = performance.now();
    const reaches = await Promise.all(sessions.map((opened) => untilRefused(opened, revokedAtMs)));
    expect(reaches.map(({ status }) => status)).toEqual(IN_MEMORY.map(refusedBy));
    for (const { lastPassedMs } of reaches) expect(lastPassedMs).toBeLessThan(OLDEST_MS);
  });

  it('counts though its commit took minutes, as soon as it is announced', async () => {
    const { person, sessions } = await knownHere();
    await database.query('BEGIN');
    await database.query(
      `WITH done AS (UPDATE sessions SET revoked_at = clock_timestamp() - interval '5 minutes', revoked_because = 'signed_out'
         WHERE user_id = (SELECT id FROM users WHERE username = $1) RETURNING id, contract, revoked_because, revoked_at)
       SELECT pg_notify('latchkey_revocations', row_to_json(done)::text) FROM done`,
      [person.username],
    );
    await database.query('COMMIT');
    const statuses = async (): Promise<number[]> =>
      Promise.all(sessions.map(async (opened) => (await they.use(opened, here)).status));
    await expect.poll(statuses, { timeout: OLDEST_MS }).toEqual(IN_MEMORY.map(refusedBy));
  });

  it('counts whatever else is announced', async () => {
    for (const words of ['', '{}', 'null', 'not JSON', '{"id":1}', 'x'.repeat(7000)])
      await database.query(`SELECT pg_notify('latchkey_revocations', $1)`, [words]);
    const reaches = await revocationReach();
    expect(reaches.map(({ status }) => status)).toEqual(IN_MEMORY.map(refusedBy));
  });

  it('is remembered by an instance that starts when the token has expired by the store’s clock, and not by its own', async () => {
    const { person, sessions } = await knownHere();
    await they.clear(person);
    // What a minute and a half do, for sessions that end soon.
    await database.query(
      `UPDATE sessions SET expires_at = clock_timestamp() - interval '90 seconds'
       WHERE user_id = (SELECT id FROM users WHERE username = $1)`,
      [person.username],
    );
    const late = await startInstances(proxy.url, [{ clockSkewMs: -240_000 }]);
    const answers = await Promise.all(sessions.map((opened) => they.use(opened, late.next())));
    await late.stop();
    expect(answers.map(({ status }) => status)).toEqual(IN_MEMORY.map(refusedBy));
  });
});

describe.each(['refusing', 'frozen'] as const)('While the store of one instance is %s', (mode) => {
  it('no token is let in by knowledge older than 5 seconds, each contract says 503, and all is well soon after', async () => {
    const { person, sessions } = await knownHere();
    const innocent = await knownHere();
    await proxy.become(mode);
    await they.clear(person);
    const revokedAtMs = performance.now();

    const reaches = await Promise.all(sessions.map((opened) => untilRefused(opened, revokedAtMs)));

    expect(reaches.map(({ status }) => status)).toEqual(IN_MEMORY.map(() => 503));
    for (const { lastPassedMs } of reaches) expect(lastPassedMs).toBeLessThan(OLDEST_MS);
    for (const opened of [...sessions, ...innocent.sessions]) {
      const answer = await they.use(opened, here);
      expect(whole(answer)).toEqual(opened.driver.refusals.storeFailing);
      expect(answer.headers['retry-after']).toBe('5');
    }
    expect((await send('GET', `${here}/health/ready`)).status).toBe(503);
    expect((await send('GET', `${here}/health`)).json).toEqual({ status: 'error' });

    await proxy.become('open');
    await ready();
    for (const opened of sessions) expect((await they.use(opened, here)).status).toBe(refusedBy(opened.driver));
    for (const opened of innocent.sessions)
      expect(whole(await they.use(opened, here))).toEqual(opened.driver.passed(innocent.person));
  });
});
