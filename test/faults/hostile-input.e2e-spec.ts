import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SIZE, sized } from '../runner/size.js';
import { bothEngines, type EngineUnderTest } from '../support/engines.js';
import { join } from '../support/fuzz/founding.js';
import { memoryOf } from '../support/fuzz/memory.js';
import { plainRefusals } from '../support/fuzz/plain-answers.js';
import { stall } from '../support/fuzz/stalled.js';
import { startTarget, type Target } from '../support/fuzz/target.js';
import { AT_FULL_SIZE } from '../support/needs.js';
import { bearerOf } from '../support/oauth.client.js';
import { form, send } from '../support/http.js';
import { PROBLEM_TYPE, problem, SECURITY_HEADERS } from '../support/shapes.js';
import { whole } from '../support/whole.js';

/** Requests to each engine; `FUZZ_REQUESTS` sets another number. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? sized({ small: 800, full: 26_000 }));

/** Requests to a service with limits, which soon lets nobody in. */
const LIMITED_REQUESTS = sized({ small: 100, full: 1500 });

/** Just enough for those who are there at first. */
const LIMITS = { SIGN_IN_LIMIT_NETWORK: '5/1h', REGISTRATION_LIMIT: '25/1h', MAIL_REQUEST_LIMIT: '5/1h' };

/** The same requests in every run; FUZZ_SEED makes others, or `any` such that nobody has seen. */
const SEED = process.env.FUZZ_SEED === 'any' ? randomInt(2 ** 32) : Number(process.env.FUZZ_SEED ?? 20_261_120);

/** Which part of the requests warms the service up: code is compiled, pools are filled, every figure has its labels. */
const WARM_UP = 0.3;

/**
 * How much a warm service may grow, in megabytes. What it remembers has a maximum: some hundred sessions and their tokens of
 * a kilobyte, and figures by route and status. One kilobyte lost with each request would be twice as much.
 */
const GROWTH = { heap: 10, resident: 64 };

/** Share of the routes that valid requests must reach. Never all by chance: some need a link that nobody has used. */
const REACHED = sized({ small: 0.3, full: 0.8 });

/** Hostile input never reaches the store, so only the full size runs it on PostgreSQL too. */
const optionsOf = (engine: EngineUnderTest['engine']): object => (engine === 'SQLite' ? {} : AT_FULL_SIZE);

const patience = 900_000;
const told = `FUZZ_SEED=${SEED}`;

describe.each(bothEngines('hostile'))('hostile input on $engine', ({ engine, settings }) => {
  it(
    'is answered in documented shapes, and leaves nothing behind',
    { timeout: patience, ...optionsOf(engine) },
    async () => {
      const target = await startTarget({ LIMITS: 'off', ...(await settings()) }, SEED);
      const { service, book, campaign, port } = target;
      const before = await plainRefusals(target.url, book);
      const stalled = ['GET /auth/ref', `POST /login HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"user`].map(
        (text) => stall(port, text),
      );

      await campaign.run(REQUESTS * WARM_UP);
      const warm = await memoryOf(service);
      await campaign.run(REQUESTS * (1 - WARM_UP));
      const after = await memoryOf(service);

      expect(campaign.report.findings, told).toEqual([]);
      expect(campaign.report.requests).toBeGreaterThanOrEqual(REQUESTS);
      expect(campaign.report.successes.size, told).toBeGreaterThan(book.operations.length * REACHED);
      // Too few requests for a leak to show are no proof of none.
      if (SIZE === 'full') {
        expect(after.heap - warm.heap, told).toBeLessThan(GROWTH.heap);
        expect(after.resident - warm.resident, told).toBeLessThan(GROWTH.resident);
      }
      for (const answer of await Promise.all(stalled)) expectTimeout(answer);
      expect(await plainRefusals(target.url, book), told).toEqual(before);
      await expectGoodStanding(target);
      await expectCleanEnd(target);
    },
  );
});

describe.each(bothEngines('hostile_limits'))('hostile input on $engine, with limits,', ({ engine, settings }) => {
  it('is told to wait in the shape of its contract', { timeout: patience, ...optionsOf(engine) }, async () => {
    const target = await startTarget({ ...LIMITS, ...(await settings()) }, SEED + 1);
    const { campaign } = target;
    // On a busy machine few of them come to a comparison of passwords.
    do await campaign.run(LIMITED_REQUESTS);
    while (campaign.report.findings.length === 0 && !campaign.report.statuses.has(429));
    expect(campaign.report.findings, told).toEqual([]);
    await expectCleanEnd(target);
  });
});

function expectTimeout(answer: Awaited<ReturnType<typeof stall>>): void {
  const body = problem(408, 'request_timeout', 'The request took too long to arrive.');
  expect(answer).toMatchObject({ status: 408, json: body });
  expect(answer?.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE, connection: 'close' });
}

/** Whoever could sign in still can, every credential is good, and every door takes somebody new. */
async function expectGoodStanding(target: Target): Promise<void> {
  const { url, stock, members } = target;
  for (const { driver, person, signedIn } of members) {
    const { method, path, ...sending } = driver.guarded(driver.credential(signedIn));
    const answer = await send(method, `${url}/${driver.name}${path}`, sending);
    expect(whole(answer), `${driver.name}, ${told}`).toEqual(driver.passed(person));
    const newcomer = await join(target, driver);
    expect(whole(newcomer.registered), driver.name).toEqual(driver.registered(newcomer.person));
    expect(whole(newcomer.signedIn), driver.name).toEqual(driver.signedIn(newcomer.person));
  }
  const users = await send('GET', `${url}/admin/users`, { headers: bearerOf(stock.admin.access) });
  expect(users.status, told).toBe(200);
  const { id: client_id, secret: client_secret, token } = stock.client;
  const { json } = await send('POST', `${url}/oauth/introspect`, form({ client_id, client_secret, token }));
  expect(json, told).toMatchObject({ active: true, client_id });
}

/** It still runs until it is told to stop, and its log holds neither an error nor a secret. */
async function expectCleanEnd({ service, secrets }: Target): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.ended, told).toBe(0);
  expect(service.errors(), told).toBe('');
  const lines = service.output.map((line) => JSON.parse(line) as { level: string });
  expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  expect(secrets.filter((secret) => service.output.some((line) => line.includes(secret)))).toEqual([]);
}
