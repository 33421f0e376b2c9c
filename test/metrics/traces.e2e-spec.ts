import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { UsersService } from '../../src/users/users.service.js';
import { traced } from '../../src/tracing/traced.js';
import { type Collector, type ReceivedSpan, startCollector } from '../support/collector.js';
import { send } from '../support/http.js';
import { PairClient } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { freePort } from '../support/process.js';
import { type LogLine, type Service, startService } from '../support/service.js';

/** The name of the spans of statements. */
const STORE = inject('engine') === 'SQLite' ? 'sqlite' : 'postgresql';

const SERVER = 2;
const INTERNAL = 1;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

/** Time that a stop allows the collector, in milliseconds: a second, minus the tolerance of a timer. */
const STOP_MS = 990;

let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.stop());

/** Does something with a service that traces, stops it, and tells which spans arrived. */
async function traces(act: (service: Service) => Promise<unknown>, env = {}): Promise<ReceivedSpan[]> {
  const before = collector.spans.length;
  const service = await startService({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    PUBLIC_URL: 'https://latchkey.test',
    ...env,
  });
  await act(service);
  const shutdown = vi.spyOn(BatchSpanProcessor.prototype, 'shutdown');
  const stoppedAtMs = performance.now();
  await service.stop();
  const isSent = shutdown.mock.settledResults[0]?.type === 'fulfilled';
  expect(isSent || performance.now() - stoppedAtMs >= STOP_MS).toBe(true);
  // Spans that are being sent when the stop gives up still arrive.
  await shutdown.mock.results[0]?.value;
  shutdown.mockRestore();
  return collector.spans.slice(before);
}

const signIn = (service: Service, headers = {}, query = ''): ReturnType<typeof send> =>
  send('POST', `${service.url}/auth/login${query}`, { headers, body: newPerson() });

/** A `traceparent` of the caller's. */
const caller = (flags = '01', trace = TRACE): Record<string, string> => ({
  traceparent: `00-${trace}-${CALLER}-${flags}`,
});

describe('a trace', () => {
  it('of a sign-in has the request by its route, and below it its hash and its statements', async () => {
    const person = newPerson();
    let log: LogLine[] = [];
    const spans = await traces(
      async (service) => {
        const body = { username: person.username, password: person.password };
        await send('POST', `${service.url}/auth/register?token=in-the-query`, { body, headers: caller() });
        ({ log } = service);
      },
      { OTEL_SERVICE_NAME: 'accounts' },
    );
    const [request, ...others] = spans.filter(({ kind }) => kind === SERVER);
    expect(others).toEqual([]);
    expect(request).toEqual({
      service: 'accounts',
      name: 'POST /bare-token/auth/register',
      kind: SERVER,
      traceId: TRACE,
      spanId: expect.stringMatching(/^[\da-f]{16}$/),
      parentSpanId: CALLER,
      failed: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/bare-token/auth/register',
        'http.response.status_code': 200,
        'url.scheme': 'https',
      },
    });
    const children = spans.filter(({ kind }) => kind === INTERNAL);
    for (const child of children) expect(child).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId });
    expect(children.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(['hash', STORE]));
    const statements = children.filter(({ name }) => name === STORE).map(({ attributes }) => attributes);
    expect(statements).toContainEqual({
      'db.system.name': STORE,
      'db.query.text': expect.stringMatching(/^INSERT INTO sessions .* (\?|\$1)/s),
    });
    expect(log.filter(({ route }) => route)).toEqual([expect.objectContaining({ traceId: TRACE, status: 200 })]);
  });

  it('holds nothing that the caller sent', async () => {
    const person = newPerson();
    const authorization = `Bearer ${person.username}-token`;
    await traces(async (service) => {
      const { username, password } = person;
      await send('POST', `${service.url}/auth/register?q=${username}`, { body: { username, password } });
      await send('POST', `${service.url}/auth/login`, { body: { username, password } });
      await send('GET', `${service.url}/verify/${username}`, { headers: { authorization } });
      await send('GET', `${service.url}/${username}`, { headers: { 'user-agent': username } });
    });
    const bodies = collector.bodies.join('\n');
    expect(bodies).toContain('/verify/:token');
    for (const secret of [person.username, person.password, '127.0.0.1']) expect(bodies).not.toContain(secret);
  });

  it('of a token that was just let pass has its request and its line too, each time', async () => {
    let log: LogLine[] = [];
    const spans = await traces(async (service) => {
      const pairs = new PairClient(service.url);
      const { pair } = await pairs.newcomer();
      for (let times = 0; times < 3; times++) {
        const headers = { ...caller(), authorization: `Bearer ${pair.access}` };
        expect((await send('GET', `${service.url}/auth/getuser`, { headers })).status).toBe(200);
      }
      ({ log } = service);
    });
    const route = '/token-pair/auth/getuser';
    const requests = spans.filter(({ name }) => name === `GET ${route}`);
    expect(requests.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      Array.from({ length: 3 }, () => [TRACE, CALLER]),
    );
    const lines = log.filter((line) => line.route === route);
    expect(lines.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE]);
  });

  it('of a path without a route, or by a strange method, names neither', async () => {
    const spans = await traces(async ({ url }) => {
      await send('GET', `${url}/nothing/here`);
      await send('PROPFIND', `${url}/nothing/here`);
    });
    expect(spans.map(({ name, attributes }) => [name, attributes['http.request.method']])).toEqual([
      ['GET', 'GET'],
      ['HTTP', '_OTHER'],
    ]);
  });

  it('of a request that fails here says so; one that is refused has not failed', async () => {
    const spans = await traces(async (service) => {
      await signIn(service);
      vi.spyOn(service.app.get(UsersService), 'findByName').mockRejectedValueOnce(new Error('fault'));
      await signIn(service);
    });
    const requests = spans.filter(({ kind }) => kind === SERVER);
    expect(requests.map(({ attributes, failed }) => [attributes['http.response.status_code'], failed])).toEqual([
      [401, false],
      [500, true],
    ]);
    expect(requests[1]?.attributes['error.type']).toBe('500');
  });

  it('goes on with the caller’s, if the caller names one as the standard says', async () => {
    const fresh = expect.not.stringMatching(TRACE) as string;
    const cases: [headers: Record<string, string>, traceId: string][] = [
      [caller(), TRACE],
      [{ traceparent: `01-${TRACE}-${CALLER}-01-more` }, TRACE],
      [{}, fresh],
      [{ traceparent: 'nonsense' }, fresh],
      [caller('01', '0'.repeat(32)), fresh],
      [caller('01', TRACE.toUpperCase()), fresh],
      [{ traceparent: `ff-${TRACE}-${CALLER}-01` }, fresh],
      [{ traceparent: `00-${TRACE}-${CALLER}-01-more` }, fresh],
      [{ traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }, fresh],
    ];
    const spans = await traces(async (service) => {
      for (const [headers] of cases) await send('GET', `${service.url}/health`, { headers });
      // The caller does not want this one.
      await send('GET', `${service.url}/health`, { headers: caller('00') });
    });
    const requests = spans.filter(({ kind }) => kind === SERVER);
    expect(requests.map(({ traceId, parentSpanId }) => ({ traceId, parentSpanId }))).toEqual(
      cases.map(([, traceId]) => ({ traceId, parentSpanId: traceId === TRACE ? CALLER : undefined })),
    );
    expect(new Set(requests.map(({ traceId }) => traceId)).size).toBe(cases.length - 1);
  });
});

describe('Without a collector', () => {
  it('no trace is made, and no line has a trace’s id', async () => {
    const before = collector.requests();
    const service = await startService();
    await signIn(service, caller());
    const act = Promise.resolve(1);
    expect(traced('name', {}, () => act)).toBe(act);
    await service.stop();
    expect(collector.requests()).toBe(before);
    expect(service.log.filter((line) => 'traceId' in line)).toEqual([]);
  });

  it.each(['is down', 'does not answer'])(
    'that %s, requests and the stop go on, and the log says so once',
    async (what) => {
      const hanging = what === 'is down' ? undefined : await startCollector({ hangs: true });
      const endpoint = hanging?.endpoint ?? `http://127.0.0.1:${await freePort()}`;
      const service = await startService({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
      for (let i = 0; i < 5; i++) expect((await signIn(service)).status).toBe(401);
      const stoppedAtMs = performance.now();
      await service.stop();
      expect(performance.now() - stoppedAtMs).toBeLessThan(5000);
      await hanging?.stop();
      const said = (): LogLine[] => service.log.filter(({ msg }) => msg?.startsWith('Traces cannot be delivered'));
      await expect.poll(said).toEqual([expect.objectContaining({ level: 'warn' })]);
    },
  );
});
