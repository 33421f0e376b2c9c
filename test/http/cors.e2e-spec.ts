import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UsersService } from '../../src/users/users.service.js';
import { crossOrigin, preflight } from '../support/cors.js';
import { type Answer, send, type Sending } from '../support/http.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { DOORS } from '../support/shapes.js';

type Headers = Readonly<Record<string, string>>;

const FRONT_END = 'https://app.example.com';
const OTHER_FRONT_END = 'capacitor://localhost';
const STRANGERS = ['https://anybody.example', 'null', `${FRONT_END}:8443`, 'https://app.example.com.evil.example', ''];

const EXPOSED = {
  'access-control-expose-headers': 'Allow, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id',
};

/** What the pages of an origin are told, and what those are told that the service lets read without credentials. */
const toFrontEnd = (origin: string): Headers => ({
  vary: 'Origin',
  ...EXPOSED,
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
});
const TO_ANYBODY: Headers = { vary: 'Origin', ...EXPOSED, 'access-control-allow-origin': '*' };
const TO_NOBODY: Headers = { vary: 'Origin' };

const VARIES_BY_HEADERS = { vary: 'Origin, Access-Control-Request-Headers' };

/** What a preflight is told beside what every answer says. */
const allowing = (names: string): Headers => ({
  ...VARIES_BY_HEADERS,
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': names,
  'access-control-max-age': '600',
});

/** Paths that pages of any origin may use. */
const OPEN = [
  '/auth/login',
  '/auth/register',
  '/bare-token/auth/refresh',
  '/token-pair/auth/token',
  '/login',
  '/opaque-token/health',
  '/api/v1.0/register',
  '/basic/api/v1.0/nothing',
  '/account',
  '/account/sessions/current',
  '/admin/users/1',
  '/oauth/introspect',
  '/.well-known/jwks.json',
  '/docs',
  '/docs/cookie/openapi.json',
  '/health/ready',
  '/nothing',
  '/',
];

/** Paths at the contract with a cookie. */
const CLOSED = [
  '/users/login',
  '/users/nothing',
  '/protected/me',
  '/cookie/protected/me',
  '/cookie/nothing',
  '/cookie',
  '/%63ookie/users/login',
  '/cookie?a=b',
];

const OUR_HEADERS = 'Authorization, Content-Type, Auth-Contract, X-Pin, X-Request-Id';

let service: Service;

beforeAll(async () => {
  service = await startService({ CORS_ORIGINS: `${FRONT_END}, ${OTHER_FRONT_END}` });
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

describe('a preflight', () => {
  const ask = (origin: string, path: string, asked?: string): Promise<Answer> =>
    preflight(service.url + path, origin, 'POST', asked);

  it.each([...OPEN, ...CLOSED])('of %s lets the origins in CORS_ORIGINS ask, with credentials', async (path) => {
    for (const origin of [FRONT_END, OTHER_FRONT_END]) {
      const answer = await ask(origin, path, 'x-csrftoken');
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(crossOrigin(answer)).toEqual({ ...toFrontEnd(origin), ...allowing('x-csrftoken') });
    }
  });

  it.each(OPEN)('of %s lets every other origin ask, without credentials', async (path) => {
    for (const origin of STRANGERS) {
      const answer = await ask(origin, path, 'x-csrftoken');
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(crossOrigin(answer)).toEqual({ ...TO_ANYBODY, ...allowing('x-csrftoken') });
    }
  });

  it.each(CLOSED)('of %s tells other origins nothing', async (path) => {
    for (const origin of STRANGERS) {
      const answer = await ask(origin, path, 'x-csrftoken');
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(crossOrigin(answer)).toEqual({ ...TO_NOBODY, ...VARIES_BY_HEADERS });
    }
  });

  it.each([
    ['one of a library', 'x-requested-with', 'x-requested-with'],
    [
      'those of tracing and against forgery',
      'baggage,cache-control,sentry-trace,traceparent,x-csrftoken,x-xsrf-token',
      'baggage, cache-control, sentry-trace, traceparent, x-csrftoken, x-xsrf-token',
    ],
    ['all characters of a name', "!#$%&'*+-.^_`|~09azAZ", "!#$%&'*+-.^_`|~09azAZ"],
    ['an odd list', ' ,x-a ,\t, X-B,', 'x-a, X-B'],
    ['100 names', names(100), names(100).replaceAll(',', ', ')],
    ['8 kB', 'x'.repeat(8192), 'x'.repeat(8192)],
  ])('allows the headers it asks for: %s', async (_what, asked, allowed) => {
    for (const path of ['/login', '/account', '/users/login'])
      expect(crossOrigin(await ask(FRONT_END, path, asked))).toEqual({
        ...toFrontEnd(FRONT_END),
        ...allowing(allowed),
      });
  });

  it.each([
    ['nothing', ''],
    ['empty elements', ', ,'],
    ['101 names', names(101)],
    ['more than 8 kB', 'x'.repeat(8193)],
    ['a name with a space', 'x a'],
    ['a name with a colon', 'x:a'],
    ['a quoted name', '"x-a"'],
    ['a bad name among good ones', 'x-a, x(b), x-c'],
    ['letters beyond ASCII', 'x-é'],
    ['markup', '<script>'],
  ])('that asks for what is no such list, %s, allows the headers of ours', async (_what, asked) => {
    expect(crossOrigin(await ask(STRANGERS[0] ?? '', '/login', asked))).toEqual({
      ...TO_ANYBODY,
      ...allowing(OUR_HEADERS),
    });
  });

  it('that says its headers in two fields is allowed both', async () => {
    const fields = {
      origin: FRONT_END,
      'access-control-request-headers': 'x-a\r\naccess-control-request-headers: x-b',
    };
    const answer = await sendRaw(service.url, head('OPTIONS /login HTTP/1.1', fields));
    expect(crossOrigin(answer)).toEqual({ ...toFrontEnd(FRONT_END), ...allowing('x-a, x-b') });
  });

  it('with two origins is one of a stranger', async () => {
    const origin = `${FRONT_END}\r\norigin: ${OTHER_FRONT_END}`;
    const [open, closed] = [
      await sendRaw(service.url, head('OPTIONS /login HTTP/1.1', { origin })),
      await sendRaw(service.url, head('OPTIONS /users/login HTTP/1.1', { origin })),
    ];
    expect(crossOrigin(open)).toEqual({ ...TO_ANYBODY, ...allowing(OUR_HEADERS) });
    expect(crossOrigin(closed)).toEqual({ ...TO_NOBODY, ...VARIES_BY_HEADERS });
  });

  it('of a path that cannot be decoded lets the page read the refusal', async () => {
    const answer = await ask(FRONT_END, '/login/%ZZ');
    expect(answer.status).toBe(204);
    expect(crossOrigin(answer)).toEqual({ ...toFrontEnd(FRONT_END), ...allowing('authorization, content-type') });
  });
});

describe('an OPTIONS that is no preflight', () => {
  it('is answered too', async () => {
    const [path, asterisk] = [
      await send('OPTIONS', `${service.url}/auth/login`),
      await sendRaw(service.url, head('OPTIONS * HTTP/1.1')),
    ];
    for (const answer of [path, asterisk]) {
      expect(answer.status).toBe(204);
      expect(crossOrigin(answer)).toEqual({ ...TO_ANYBODY, ...allowing(OUR_HEADERS) });
    }
  });
});

/** Asks as pages of both kinds of origin do, and compares what both are told. */
async function expectReadable(
  contract: string,
  status: number,
  ask: (headers: Headers) => Promise<Answer>,
): Promise<void> {
  const [ours, strange] = [await ask({ origin: FRONT_END }), await ask({ origin: 'https://anybody.example' })];
  expect([ours.status, crossOrigin(ours)]).toEqual([status, toFrontEnd(FRONT_END)]);
  expect(crossOrigin(strange)).toEqual(contract === 'cookie' ? TO_NOBODY : TO_ANYBODY);
}

describe.each(DOORS)('an answer at $at may be read by the pages that may ask', ({ shape, mount }) => {
  const { errors, signIn, posts } = shape;
  const get = (path: string) => (headers: Headers) => send('GET', service.url + mount + path, { headers });
  const post =
    (path: string, { headers: own, body }: Sending) =>
    (headers: Headers) =>
      send('POST', service.url + mount + path, { headers: { ...own, ...headers }, body });
  const json = { 'content-type': 'application/json' };
  const large = { [posts.field]: 'x'.repeat(100_000) };

  it.each([
    ['a method that is not allowed', 405, get(signIn.path)],
    ['malformed JSON', errors.malformed.status, post(posts.path, { headers: json, body: '{"half' })],
    ['a body that is too large', errors.tooLarge.status, post(posts.path, { body: large })],
  ])('if it refuses %s', async (_what, status, ask) => {
    await expectReadable(shape.name, status, ask);
  });

  it('if it knows no such path', async () => {
    for (const unknown of mount ? ['/nothing'] : shape.unknown) await expectReadable(shape.name, 404, get(unknown));
  });

  it('if it is what nobody foresaw', async () => {
    vi.spyOn(service.app.get(UsersService), 'findByName').mockRejectedValue(new Error('the detail'));
    await expectReadable(shape.name, 500, post(signIn.path, signIn));
  });
});

describe('an answer of a native route', () => {
  it.each([
    ['GET', '/account', 401],
    ['DELETE', '/account', 401],
    ['GET', '/nothing', 404],
    ['PUT', '/account', 405],
    ['GET', '/%ZZ', 400],
    ['GET', '/.well-known/jwks.json', 200],
    ['POST', '/oauth/token', 401],
    ['GET', '/docs/cookie/openapi.json', 200],
    ['GET', '/health/ready', 200],
    ['GET', '/verify/some-token', 410],
  ])('%s %s may be read likewise', async (method, path, status) => {
    await expectReadable('', status, (headers) => send(method, service.url + path, { headers }));
  });

  it('may be read where the request never became one', async () => {
    const tooLarge = await sendRaw(service.url, head('GET /account HTTP/1.1', { 'x-large': 'x'.repeat(20_000) }));
    expect([tooLarge.status, crossOrigin(tooLarge)]).toEqual([431, TO_ANYBODY]);
  });
});

describe('while the store cannot be reached', () => {
  let broken: Service;
  beforeAll(async () => {
    broken = await startService({ CORS_ORIGINS: FRONT_END });
    await broken.app.get(DataSource).destroy();
  });
  afterAll(() => broken.stop());

  it.each(DOORS)('the pages that may ask at $at read that', async ({ shape, mount }) => {
    const { path, headers: own, body } = shape.signIn;
    await expectReadable(shape.name, 503, (headers) =>
      send('POST', broken.url + mount + path, { headers: { ...own, ...headers }, body }),
    );
  });
});

function names(count: number): string {
  return Array.from({ length: count }, (_, index) => `x-${index}`).join(',');
}
