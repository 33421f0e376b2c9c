import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UsageDay } from '../../src/audit/usage-day.entity.js';
import { Usage } from '../../src/audit/usage.js';
import { SessionActivity } from '../../src/auth/sessions/session-activity.js';
import { RequestLog } from '../../src/http/request-log.js';
import { Session } from '../../src/tokens/session.entity.js';
import { sized } from '../runner/size.js';
import { accountOf } from '../support/accounts.js';
import { figure, metricsOf } from '../support/exposition.js';
import { appearance, askerOf, HOT_ROUTES, type HotRoute } from '../support/hot-routes.js';
import { head, sendRaw } from '../support/raw.js';
import { requestLines } from '../support/request-lines.js';
import { type LogLine, type Service, startService } from '../support/service.js';
import { atOneTime } from '../support/statements.js';

const MINUTE = 60;
const ALLOWED_ORIGIN = 'https://app.example.com';
const COUNT = 'latchkey_http_request_duration_seconds_count';
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

let service: Service;
let ids = 0;

beforeAll(async () => {
  service = await startService({ CORS_ORIGINS: ALLOWED_ORIGIN });
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

/** Counts the requests that come as far as Fastify from now on. */
function countLongWays(): () => number {
  const follow = vi.spyOn(RequestLog.prototype, 'follow');
  return () => follow.mock.calls.length;
}

/** How many requests to a contract were counted, of all contracts if it is `null`. */
async function usesOf(contract: string | null): Promise<number> {
  await service.app.get(Usage).flush();
  const days = await service.app.get(DataSource).getRepository(UsageDay).find();
  const counted = days.filter((day) => contract === null || day.contract === contract);
  return counted.reduce((sum, { requests }) => sum + requests, 0);
}

async function observationsOf({ method, route, contract }: HotRoute): Promise<number> {
  const labels = { method, route, contract: contract ?? 'native', status: '200' };
  return figure(await metricsOf(service), COUNT, labels);
}

/** The routes to test: at the small size without bare paths, which the same handlers serve. */
const ROUTES = sized({ small: HOT_ROUTES.filter(({ path, route }) => path === route), full: HOT_ROUTES });

/** Methods to try beside the route's own. */
const OTHER_METHODS = sized({ small: ['HEAD'], full: ['HEAD', 'PUT'] });

describe.each(ROUTES)('$title', (hot) => {
  it.each([
    ['nothing more', {}],
    ['an Origin that may read it', { origin: ALLOWED_ORIGIN }],
    ['an Origin that is not among those of CORS_ORIGINS', { origin: 'https://stranger.example.com' }],
    ['the Origin of a page without one', { origin: 'null' }],
    ['a request id that is no id', { 'x-request-id': 'no id!' }],
    ['a connection that ends', { connection: 'close' }],
    [
      'what caches and browsers add',
      { 'if-none-match': '*', range: 'bytes=0-1', 'accept-encoding': 'gzip', accept: 'text/html' },
    ],
    ['addresses that nobody vouches for', { 'x-forwarded-for': '10.0.0.1', 'x-forwarded-host': 'other.test' }],
  ])('answers the second time as the first, given %s', async (_given, headers) => {
    const { ask } = await askerOf(service, hot);
    const longWays = countLongWays();
    // A short cut lasts from one second to five.
    const [first, second, third] = await atOneTime(service, async () => [
      await ask(headers),
      await ask(headers),
      await ask(headers),
    ]);
    expect(first.status).toBe(200);
    expect([second, third].map(appearance)).toEqual([first, first].map(appearance));
    const given = [first, second, third].map((answer) => answer.headers['x-request-id']);
    expect(given).toEqual(given.map(() => expect.stringMatching(UUID) as string));
    expect(new Set(given).size).toBe(3);
    if (hot.isShort) expect(longWays()).toBe(1);
  });

  it('echoes a request id', async () => {
    const { ask } = await askerOf(service, hot);
    for (let times = 0; times < 3; times++)
      expect((await ask({ 'x-request-id': 'web-1:2.3_4' })).headers['x-request-id']).toBe('web-1:2.3_4');
  });

  it('has one line in the log each time, with the same fields', async () => {
    const { ask, person } = await askerOf(service, hot);
    const lines: LogLine[] = [];
    for (let times = 0; times < 3; times++) {
      const id = `hot-${++ids}`;
      await ask({ 'x-request-id': id });
      const [line = {}, ...others] = await requestLines(service, id);
      expect(others).toEqual([]);
      expect(line).toEqual({
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        id,
        method: hot.method,
        route: hot.route,
        status: 200,
        contract: hot.contract,
        ms: expect.any(Number) as number,
        accountId: hot.isUse ? (await accountOf(service, person)).id : null,
      });
      expect(line.ms).toBeGreaterThanOrEqual(0);
      lines.push(line);
    }
    const [first = {}, ...later] = lines;
    for (const line of later) expect(Object.keys(line)).toEqual(Object.keys(first));
  });

  it('is observed once each time, and is one use of its contract', async () => {
    const { ask } = await askerOf(service, hot);
    const [observed, used] = [await observationsOf(hot), await usesOf(hot.contract)];
    for (let times = 1; times <= 3; times++) {
      await ask();
      await expect.poll(async () => (await observationsOf(hot)) - observed).toBe(times);
      expect((await usesOf(hot.contract)) - used).toBe(hot.contract === null ? 0 : times);
    }
  });

  it(`${hot.isUse ? 'counts' : 'does not count'} as a use of the token's session, each time`, async () => {
    const { ask, person } = await askerOf(service, hot);
    const { id: userId } = await accountOf(service, person);
    const sessions = service.app.get(DataSource).getRepository(Session);
    const seenAt = async (): Promise<number[]> => {
      await service.app.get(SessionActivity).flush();
      const rows = await sessions.find({ where: { userId }, order: { id: 'ASC' } });
      return rows.map(({ lastSeenAt }) => lastSeenAt.getTime());
    };
    for (let times = 0; times < 3; times++) {
      service.advance(2 * MINUTE);
      const before = await seenAt();
      expect((await ask()).status).toBe(200);
      const moved = (await seenAt()).filter((time, index) => time !== before[index]);
      expect(moved).toHaveLength(hot.isUse ? 1 : 0);
    }
  });

  it.each([
    ['with a query string', (path: string) => `${path}?token=x`, {}],
    ['with an empty query string', (path: string) => `${path}?`, {}],
    ['with a fragment', (path: string) => `${path}#x`, {}],
    ['with a slash at the end', (path: string) => `${path}/`, {}],
    ['with two slashes', (path: string) => `/${path}`, {}],
    ['in capitals', (path: string) => path.toUpperCase(), {}],
    ['with an escaped letter', (path: string) => path.replace(/e/, '%65'), {}],
    ['in absolute form', (path: string) => `http://latchkey.test${path}`, {}],
    ['with two hosts', (path: string) => path, { Host: 'other.test' }],
    ['of the contract that no shared path has', (path: string) => path, { 'auth-contract': 'nonsense' }],
    ['that expects what nobody knows', (path: string) => path, { expect: 'the-unexpected' }],
  ])('%s is answered the same whether its token is known or not', async (_how, target, headers) => {
    for (const method of [hot.method, ...OTHER_METHODS]) {
      const { ask, carried } = await askerOf(service, hot);
      const { body = '' } = carried;
      const length: Record<string, string> = body === '' ? {} : { 'content-length': String(body.length) };
      const top = head(`${method} ${target(hot.path)} HTTP/1.1`, { ...carried.headers, ...length, ...headers });
      const first = await sendRaw(service.url, top, body);
      expect((await ask()).status).toBe(200);
      expect(appearance(await sendRaw(service.url, top, body))).toEqual(appearance(first));
    }
  });
});
