import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BY_ITSELF, HashingPool } from '../../src/users/hashing-pool.js';
import { holdNextHash } from '../support/held-thread.js';
import { type Answer, send } from '../support/http.js';
import { OpaqueTokenClient } from '../support/opaque-token.client.js';
import { type Pair, PairClient } from '../support/pairs.js';
import { newPerson, type Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** bcrypt's lowest cost. */
const LOWEST = 4;

let service: Service;
let pairs: PairClient;
let person: Person;
let pair: Pair;
let bare: string;
let opaque: string;
let cookie: string;

beforeAll(async () => {
  service = await startService({ HASH_THREADS: '1', HASH_QUEUE_LIMIT: '1' });
  pairs = new PairClient(service.url);
  ({ person, pair } = await pairs.newcomer());
  opaque = await new OpaqueTokenClient(`${service.url}/opaque-token`).session(person);
  bare = ((await post('/bare-token/auth/login', person)).json as { authToken: string }).authToken;
  const signedIn = await post('/cookie/users/login', person);
  cookie = (signedIn.headers['set-cookie']?.[0] ?? '').split(';', 1)[0] ?? '';
});
afterAll(() => service.stop());

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return send('POST', `${service.url}${path}`, { body, headers: { 'content-type': 'application/json', ...headers } });
}

/** Keeps the one thread busy and its queue full until `end`; answers whether they still are. */
function fillQueue(): { isHeld: () => boolean; isFull: () => boolean; end: () => Promise<unknown> } {
  const pool = service.app.get(HashingPool);
  const { isHeld, release } = holdNextHash(pool);
  onTestFinished(release);
  const hash = (): Promise<string> => pool.hash('password', bcrypt.genSaltSync(LOWEST), BY_ITSELF);
  const done = Promise.all([hash(), hash()]);
  const end = (): Promise<unknown> => {
    release();
    return done;
  };
  return { isHeld, isFull: () => pool.busyCount === 1 && pool.waitingCount === 1, end };
}

const basic = (): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${person.email}:${person.password}`).toString('base64')}`,
});
const stranger = newPerson();
const STRONG = 'Secret1234#';

/** Every request of every contract that hashes, and how each is refused. */
const HASHING: Record<string, [ask: () => Promise<Answer>, body: object]> = {
  'POST /bare-token/auth/register': [() => post('/bare-token/auth/register', stranger), { err: 'service unavailable' }],
  'POST /bare-token/auth/login': [() => post('/bare-token/auth/login', person), { err: 'service unavailable' }],
  'POST /token-pair/auth/register': [
    () => post('/token-pair/auth/register', stranger),
    { detail: 'Service temporarily unavailable, try again later.' },
  ],
  'POST /token-pair/auth/token': [
    () => post('/token-pair/auth/token', person),
    { detail: 'Service temporarily unavailable, try again later.' },
  ],
  'POST /cookie/users/register': [
    () => post('/cookie/users/register', { ...stranger, password1: STRONG, password2: STRONG }),
    { message: 'service unavailable' },
  ],
  'POST /cookie/users/login': [() => post('/cookie/users/login', person), { message: 'service unavailable' }],
  'POST /cookie/protected/pin': [
    () => post('/cookie/protected/pin', { pin: '12345' }, { cookie }),
    { message: 'service unavailable' },
  ],
  'POST /opaque-token/register': [() => post('/opaque-token/register', stranger), { reason: 'Service Unavailable' }],
  'POST /opaque-token/login': [() => post('/opaque-token/login', person), { reason: 'Service Unavailable' }],
  'POST /opaque-token/change-password': [
    () =>
      new OpaqueTokenClient(`${service.url}/opaque-token`).changePassword(opaque, person.password, 'OtherPassword1'),
    { reason: 'Service Unavailable' },
  ],
  'POST /basic/api/v1.0/register': [
    () => post('/basic/api/v1.0/register', stranger),
    { error: 'Service unavailable', statusCode: 503 },
  ],
  'POST /basic/api/v1.0/login': [
    () => send('POST', `${service.url}/basic/api/v1.0/login`, { headers: basic() }),
    { error: 'Service unavailable', statusCode: 503 },
  ],
};

describe('A full hashing queue', () => {
  it('is answered 503 with Retry-After at once by everything that hashes, in the shape of its contract', async () => {
    const { isFull, end } = fillQueue();

    const answers: Record<string, unknown> = {};
    for (const [route, [ask]] of Object.entries(HASHING)) {
      const answer = await ask();
      answers[route] = { ...whole(answer), retryAfter: answer.headers['retry-after'] };
    }

    expect(isFull()).toBe(true);
    expect(answers).toEqual(
      Object.fromEntries(
        Object.entries(HASHING).map(([route, [, body]]) => [route, { status: 503, body, retryAfter: '2' }]),
      ),
    );
    await end();
  });

  it('leaves requests alone that hash nothing', async () => {
    const { isFull, end } = fillQueue();

    expect(whole(await pairs.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });
    expect(
      whole(await send('GET', `${service.url}/bare-token/auth/refresh`, { headers: { authorization: bare } })),
    ).toEqual({ status: 200, body: { authToken: expect.any(String) } });
    expect((await pairs.refresh(pair.refresh)).status).toBe(200);
    expect(whole(await send('GET', `${service.url}/cookie/protected/me`, { headers: { cookie } }))).toEqual({
      status: 200,
      body: { id: expect.any(Number), username: person.username, is_admin: false },
    });

    expect(isFull()).toBe(true);
    await end();
  });

  it('registers nobody and changes nothing, so that trying again later works', async () => {
    const newcomer = newPerson();
    const { isFull, end } = fillQueue();
    expect((await pairs.register(newcomer)).status).toBe(503);
    expect(isFull()).toBe(true);

    await end();

    expect((await pairs.register(newcomer)).status).toBe(201);
    expect((await pairs.signIn(person)).status).toBe(200);
  });
});

describe('Hashing', () => {
  it('does not hold up other requests: they are answered by the dozen while one hash is made', async () => {
    const { isHeld, isFull, end } = fillQueue();
    await expect.poll(isHeld).toBe(true);

    for (let answered = 0; answered <= 12; answered++) expect((await pairs.getUser(pair.access)).status).toBe(200);

    expect(isFull()).toBe(true);
    await end();
  });
});
