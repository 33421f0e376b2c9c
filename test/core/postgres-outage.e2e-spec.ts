import { createServer } from 'node:net';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { Stopwatch } from '../../src/config/stopwatch.js';
import { RevocationFeed } from '../../src/tokens/revocation-feed.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { PairClient } from '../support/pairs.js';
import { type OwnPostgres, startOwnPostgres, waiting } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let postgres: OwnPostgres;
let service: Service;
let pairs: PairClient;

beforeAll(async () => {
  postgres = await startOwnPostgres();
  service = await startService(await postgres.createDatabase('latchkey'));
  pairs = new PairClient(service.url);
});
afterAll(async () => {
  await service.stop();
  await postgres.stop();
});

const UNAVAILABLE = { status: 503, body: { detail: 'Service temporarily unavailable, try again later.' } };

describe('An outage of PostgreSQL', () => {
  it('is answered 503 in the shape of the contract, never as a wrong password, and ends when it ends', async () => {
    const { person, pair } = await pairs.newcomer();
    const feed = service.app.get(RevocationFeed);
    await postgres.pause();
    // On a busy machine that takes longer than knowledge of revocations counts.
    Object.assign(feed, { sinceLook: new Stopwatch() });

    for (const answer of await Promise.all([pairs.signIn(person), pairs.refresh(pair.refresh), pairs.signIn(person)])) {
      expect(whole(answer)).toEqual(UNAVAILABLE);
      expect(answer.headers['retry-after']).toBe('5');
    }
    expect(whole(await pairs.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });
    expect(whole(await send('GET', `${service.url}/opaque-token/health`))).toEqual({
      status: 200,
      body: { status: 'error' },
    });
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(503);

    await postgres.resume();
    // Its timer may come later than the requests.
    await feed.poll();

    expect((await pairs.signIn(person)).status).toBe(200);
    expect((await pairs.refresh(pair.refresh)).status).toBe(200);
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(200);
  });

  it('is answered 503 when something else hangs up at its port', async () => {
    const { person } = await pairs.newcomer();
    await postgres.pause();
    const nobody = createServer((socket) => socket.once('data', () => socket.end()));
    await new Promise<void>((resolve) => nobody.listen(Number(new URL(service.config.DATABASE_URL).port), resolve));

    expect(whole(await pairs.signIn(person))).toEqual(UNAVAILABLE);

    await new Promise((resolve) => nobody.close(resolve));
    await postgres.resume();
    expect((await pairs.signIn(person)).status).toBe(200);
  });

  it('is answered 503 by a request whose connection breaks while it waits', async () => {
    const { person, pair } = await pairs.newcomer();
    const database = await postgres.connect('latchkey');
    onTestFinished(() => database.end());
    await database.query('BEGIN');
    await database.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [decode(pair.access).claims.user_id]);
    const signingIn = pairs.signIn(person);
    await waiting(database, 'transactionid');

    // Not those that are idle in the pool: the service may use one of them before it hears that they are gone.
    await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");

    expect(whole(await signingIn)).toEqual(UNAVAILABLE);
    await database.query('ROLLBACK');
    expect((await pairs.signIn(person)).status).toBe(200);
  });

  it('costs nobody who waits for that connection an answer', async () => {
    const only = await startService({ ...(await postgres.createDatabase('one')), DATABASE_POOL_SIZE: '1' });
    onTestFinished(() => only.stop());
    const client = new PairClient(only.url);
    const [held, other] = [await client.newcomer(), await client.newcomer()];
    // Its timer would wait for the account that is held, on the only connection.
    await only.app.get(LastSignIns).flush();
    const database = await postgres.connect('one');
    onTestFinished(() => database.end());
    await database.query('BEGIN');
    await database.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [decode(held.pair.access).claims.user_id]);
    const broken = client.signIn(held.person);
    await waiting(database, 'transactionid');
    const later = Promise.all(Array.from({ length: 3 }, () => client.refresh(other.pair.refresh)));
    const { master } = only.app.get(DataSource).driver as unknown as { master: { waitingCount: number } };
    await expect.poll(() => master.waitingCount).toBeGreaterThanOrEqual(3);

    await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");

    expect(whole(await broken)).toEqual(UNAVAILABLE);
    expect((await later).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
