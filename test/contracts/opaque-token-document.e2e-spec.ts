import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpaqueSessionsService } from '../../src/auth/sessions/opaque-sessions.service.js';
import { RegistrationService } from '../../src/auth/registration.service.js';
import { SignInService } from '../../src/auth/sign-in.service.js';
import { listed, preflight, readers } from '../support/cors.js';
import type { Answer } from '../support/http.js';
import {
  DONE,
  MOUNTS,
  OpaqueTokenClient,
  refused,
  told,
  type TokenHolder,
  UNAUTHORIZED,
  USABLE,
} from '../support/opaque-token.client.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const DAY_SECONDS = 86_400;

let service: Service;
let client: OpaqueTokenClient;

/** Starts a service of its own for a group of tests. */
function serve(base: string, env?: Record<string, string>): void {
  beforeAll(async () => {
    service = await startService(env);
    client = new OpaqueTokenClient(service.url + base);
  });
  afterAll(() => service.stop());
}

describe.each(MOUNTS)('the endpoints of the document at %s/', (base) => {
  serve(base);

  it('answer as it says, from registering to clearing tokens', async () => {
    const post = async (path: string, body?: string, token?: string): Promise<Answer> =>
      client.send('POST', path, { body, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
    const payload = `{
    "username": "myusername",
    "password": "mypassword1"
}`;

    expect(told(await client.send('GET', '/health'))).toEqual({
      status: 200,
      reason: 'OK',
      body: { status: 'success' },
    });
    expect(told(await post('/register', payload))).toEqual(DONE);
    const login = await post('/login', payload);
    expect(told(login)).toEqual({ status: 200, reason: 'OK', body: { token: expect.any(String) as string } });

    const { token } = login.json as { token: string };
    const change = `{
    "old_password": "mypassword1",
    "new_password": "mypassword2"
}`;
    expect(told(await post('/change-password', change, token))).toEqual(DONE);
    expect(told(await post('/clear-tokens', undefined, token))).toEqual(DONE);
    expect(told(await post('/clear-tokens', undefined, token))).toEqual(UNAUTHORIZED);
  });
});

describe.each(MOUNTS)('GET %s/health', (base) => {
  serve(base);

  it('says that the server is running when its store cannot be reached, and that something is wrong', async () => {
    await service.app.get(DataSource).destroy();

    const login = await client.login(newPerson());

    expect(told(await client.send('GET', '/health'))).toEqual({ status: 200, reason: 'OK', body: { status: 'error' } });
    expect(told(login)).toEqual(refused(503, 'Service Unavailable'));
    expect(login.headers['retry-after']).toBe('5');
  });
});

describe.each(MOUNTS)('the life of a token of %s/login', (base) => {
  serve(base);

  it('ends when it was idle for 30 days', async () => {
    const { person, token } = await client.newcomer();
    service.advance(30 * DAY_SECONDS - 60);
    const idleSince = await client.session(person);
    expect(told(await client.use(token))).toEqual(USABLE);

    service.advance(30 * DAY_SECONDS + 1);
    expect(told(await client.use(idleSince))).toEqual(UNAUTHORIZED);
    expect(told(await client.use(token))).toEqual(UNAUTHORIZED);
    expect(told(await client.clearTokens(token))).toEqual(UNAUTHORIZED);
  });

  it('goes on for as long as the token is used', async () => {
    const { token } = await client.newcomer();
    for (let month = 1; month <= 12; month++) {
      service.advance(29 * DAY_SECONDS);
      expect(told(await client.use(token))).toEqual(USABLE);
    }
  });
});

describe.each(MOUNTS)('the life of a token of %s/login with OPAQUE_TOKEN_IDLE_TTL=30s', (base) => {
  serve(base, { OPAQUE_TOKEN_IDLE_TTL: '30s' });

  it('goes on for as long as the token is used, and ends after 30 s without', async () => {
    const { token } = await client.newcomer();
    for (let uses = 1; uses <= 10; uses++) {
      service.advance(20);
      expect(told(await client.use(token))).toEqual(USABLE);
    }

    service.advance(31);
    expect(told(await client.use(token))).toEqual(UNAUTHORIZED);
  });
});

describe.each(MOUNTS)('a server that fails at %s/', (base) => {
  let holder: TokenHolder;

  serve(base);
  beforeEach(async () => {
    holder = await client.newcomer();
  });
  afterEach(() => vi.restoreAllMocks());

  it.each<[string, () => { mockRejectedValue(error: Error): unknown }, () => Promise<Answer>]>([
    [
      'POST /register',
      () => vi.spyOn(service.app.get(RegistrationService), 'register'),
      () => client.register(newPerson()),
    ],
    ['POST /login', () => vi.spyOn(service.app.get(SignInService), 'authenticate'), () => client.login(holder.person)],
    [
      'POST /change-password',
      () => vi.spyOn(service.app.get(OpaqueSessionsService), 'principalOf'),
      () => client.use(holder.token),
    ],
    [
      'POST /clear-tokens',
      () => vi.spyOn(service.app.get(OpaqueSessionsService), 'principalOf'),
      () => client.clearTokens(holder.token),
    ],
  ])('answers 500 to %s, and no more than that', async (_, act, ask) => {
    act().mockRejectedValue(new Error('a secret of the house'));
    expect(told(await ask())).toEqual(refused(500, 'Internal Server Error'));
  });
});

describe.each(MOUNTS)('requests that no endpoint takes at %s/', (base) => {
  serve(base);

  it.each([
    ['POST', '/health', 'GET, HEAD'],
    ['GET', '/register', 'POST'],
    ['DELETE', '/login', 'POST'],
    ['PUT', '/change-password', 'POST'],
    ['PATCH', '/clear-tokens', 'POST'],
  ])('answers 405 to %s %s, and says which methods there are', async (method, path, allow) => {
    const answer = await client.send(method, path);

    expect(told(answer)).toEqual(refused(405, 'Method Not Allowed'));
    expect(answer.headers.allow).toBe(allow);
  });

  it.each(['/register', '/login', '/change-password'])('answers 413 to %s of more than 100 kB', async (path) => {
    const headers = { authorization: `Bearer ${'A'.repeat(43)}` };
    const body = { username: 'x'.repeat(100_000) };
    expect(told(await client.send('POST', path, { headers, body }))).toEqual(refused(413, 'Payload Too Large'));
  });
});

describe('paths that no endpoint has', () => {
  serve('');

  it('are 404 in this contract below its base path, and problem details at the root', async () => {
    expect(told(await client.send('GET', '/opaque-token/logins'))).toEqual(refused(404, 'Not Found'));
    expect(whole(await client.send('GET', '/logins'))).toEqual({
      status: 404,
      body: { type: 'about:blank', title: 'There is no such route.', status: 404, code: 'route_unknown' },
    });
  });
});

describe.each(MOUNTS)('CORS at %s/', (base) => {
  serve(base, { CORS_ORIGINS: 'https://app.example' });

  it.each([
    ['GET', '/health'],
    ['POST', '/register'],
    ['POST', '/login'],
    ['POST', '/change-password'],
    ['POST', '/clear-tokens'],
  ])('lets every origin ask %s %s, those of CORS_ORIGINS with credentials', async (method, path) => {
    const anybodys = { origin: '*', credentials: undefined };
    for (const [origin, expected] of [
      ['https://app.example', { origin: 'https://app.example', credentials: 'true' }],
      ['https://anywhere.example', anybodys],
      ['null', anybodys],
    ] as const) {
      const answer = await preflight(`${service.url}${base}${path}`, origin, method);

      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(readers(answer)).toEqual(expected);
      expect(listed(answer.headers['access-control-allow-methods'])).toContain(method.toLowerCase());
      expect(listed(answer.headers['access-control-allow-headers'])).toEqual(['authorization', 'content-type']);
    }
  });

  it('lets every page read the answers, refusals too', async () => {
    const headers = { origin: 'https://anywhere.example', 'sec-fetch-site': 'cross-site' };
    const { username, password } = newPerson();

    for (const [path, body, status] of [
      ['/register', { username, password }, 200],
      ['/login', { username, password }, 200],
      ['/login', { username, password: 'Secret9999' }, 400],
      ['/clear-tokens', {}, 401],
    ] as const) {
      const answer = await client.send('POST', path, { headers, body });
      expect([answer.status, readers(answer)]).toEqual([status, { origin: '*', credentials: undefined }]);
    }
  });
});
