import { once } from 'node:events';
import { request as nodeRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UsersService } from '../src/users/users.service.js';
import { holdNext } from './support/hold.js';
import { type Answer, form, send, type Sending } from './support/http.js';
import { PairClient } from './support/pairs.js';
import { newPerson } from './support/people.js';
import { head, sendRaw } from './support/raw.js';
import { requestLines } from './support/request-lines.js';
import { type LogLine, type Service, startService } from './support/service.js';

let ids = 0;

describe('the log', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ LOG_LEVEL: 'debug' });
  });
  afterAll(() => service.stop());
  afterEach(() => vi.restoreAllMocks());

  const linesOf = (id: string): LogLine[] => service.log.filter((line) => line.id === id);

  async function ask(method: string, path: string, { headers, body }: Sending = {}): Promise<[Answer, LogLine[]]> {
    const id = `request-${++ids}`;
    const answer = await send(method, service.url + path, { headers: { ...headers, 'x-request-id': id }, body });
    return [answer, await requestLines(service, id)];
  }

  const line = (fields: object): object => ({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    id: expect.stringMatching(/./),
    ms: expect.any(Number),
    accountId: null,
    contract: null,
    route: null,
    ...fields,
  });

  /** What the line of a refused request says beside. */
  const refused = (code: string): object => ({ code, address: '127.0.0.1' });

  it('has one line for a request, with the account that registered or signed in', async () => {
    const { username, password } = newPerson();
    const [, registered] = await ask('POST', '/auth/register', { body: { username, password } });
    const { id: accountId } = (await service.app.get(UsersService).findByName('username', username)) ?? {};
    expect(registered).toEqual([
      line({ method: 'POST', route: '/bare-token/auth/register', status: 200, contract: 'bare-token', accountId }),
    ]);
    const [{ json }, signedIn] = await ask('POST', '/token-pair/auth/token', form({ username, password }));
    expect(signedIn).toEqual([
      line({ method: 'POST', route: '/token-pair/auth/token', status: 200, contract: 'token-pair', accountId }),
    ]);
    const authorization = `Bearer ${(json as { access: string }).access}`;
    const [, guarded] = await ask('GET', '/auth/getuser', { headers: { authorization } });
    expect(guarded).toEqual([
      line({ method: 'GET', route: '/token-pair/auth/getuser', status: 200, contract: 'token-pair', accountId }),
    ]);
  });

  it.each([
    [
      'GET',
      '/auth/refresh',
      { route: '/bare-token/auth/refresh', status: 401, contract: 'bare-token', ...refused('token_missing') },
    ],
    ['HEAD', '/health', { route: '/opaque-token/health', status: 200, contract: 'opaque-token', level: 'debug' }],
    ['OPTIONS', '/users/login', { route: '*', status: 204, contract: 'cookie' }],
    ['GET', '/verify/some-token', { route: '/verify/:token', status: 410, ...refused('link_dead') }],
    ['GET', '/health/ready', { route: '/health/ready', status: 200, level: 'debug' }],
    ['GET', '/docs', { route: '/docs', status: 200 }],
    ['GET', '/auth/nothing', { status: 404, contract: 'bare-token', ...refused('route_unknown') }],
    ['GET', '/nothing', { status: 404, ...refused('route_unknown') }],
    ['GET', '/login', { status: 405, contract: 'opaque-token', ...refused('method_not_allowed') }],
    ['PROPFIND', '/basic/api/v1.0/login', { status: 405, contract: 'basic', ...refused('method_not_allowed') }],
    ['GET', '/auth/%ZZ', { status: 400, contract: 'bare-token', ...refused('request_malformed') }],
  ])('has one line for %s %s', async (method, path, fields) => {
    const [, lines] = await ask(method, path);
    expect(lines).toEqual([line({ method, ...fields })]);
  });

  it('has one line for a body that is too large', async () => {
    const [, lines] = await ask('POST', '/auth/token', { body: 'a'.repeat(100_001) });
    const route = '/token-pair/auth/token';
    expect(lines).toEqual([
      line({ method: 'POST', route, status: 413, contract: 'token-pair', ...refused('body_too_large') }),
    ]);
  });

  it('has one line for a header that names an unknown contract', async () => {
    const [, lines] = await ask('POST', '/auth/register', { headers: { 'auth-contract': 'cookie' } });
    const route = '/bare-token/auth/register';
    expect(lines).toEqual([
      line({ method: 'POST', route, status: 400, contract: 'bare-token', ...refused('auth_contract_unknown') }),
    ]);
  });

  it.each([
    ['get /auth/login HTTP/1.1', 400, 'HPE_INVALID_METHOD', 'request_malformed'],
    [`GET /${'a'.repeat(17_000)} HTTP/1.1`, 431, 'HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ])('has one line for what is no request', async (requestLine, status, cause, code) => {
    const { headers } = await sendRaw(service.url, head(requestLine));
    const id = headers['x-request-id'] as string;
    expect(await requestLines(service, id)).toEqual([
      line({ id, method: null, ms: null, status, cause, ...refused(code) }),
    ]);
  });

  it('has one line for a request whose client goes away while it sends', async () => {
    const id = `request-${++ids}`;
    const aborted = nodeRequest(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'x-request-id': id, 'content-length': '1000' },
    });
    aborted.on('error', () => undefined);
    aborted.write('{"username":');
    await once(service.app.getHttpServer(), 'request');
    aborted.destroy();
    const route = '/bare-token/auth/login';
    expect(await requestLines(service, id)).toEqual([
      line({ method: 'POST', route, status: null, contract: 'bare-token' }),
    ]);
  });

  it('has one line for a request whose body ends too early', async () => {
    const id = `request-${++ids}`;
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.end(`${head('POST /auth/login HTTP/1.1', { 'x-request-id': id, 'content-length': '1000' })}{"username":`);
    const route = '/bare-token/auth/login';
    expect(await requestLines(service, id)).toEqual([
      line({ method: 'POST', route, status: null, contract: 'bare-token' }),
    ]);
  });

  it('has one line for a request whose client does not wait for the answer', async () => {
    const id = `request-${++ids}`;
    const hold = holdNext(service.app.get(UsersService), 'findByName', 'before');
    const body = JSON.stringify(newPerson());
    const aborted = nodeRequest(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'x-request-id': id, 'content-length': String(body.length) },
    });
    aborted.on('error', () => undefined);
    aborted.end(body);
    await hold.reached;
    aborted.destroy();
    const route = '/bare-token/auth/login';
    const expected = [line({ method: 'POST', route, status: null, contract: 'bare-token' })];
    expect(await requestLines(service, id)).toEqual(expected);
    hold.release();
    await send('GET', `${service.url}/health`);
    expect(linesOf(id)).toEqual(expected);
  });
});

describe('LOG_LEVEL', () => {
  it.each(['warn', 'error', 'silent'])('%s leaves out the lines of requests', async (level) => {
    const service = await startService({ LOG_LEVEL: level });
    const pairs = new PairClient(service.url);
    const { pair } = await pairs.newcomer();
    for (let times = 0; times < 3; times++) expect((await pairs.getUser(pair.access)).status).toBe(200);
    expect((await pairs.verify('nonsense')).status).toBe(401);
    await send('GET', `${service.url}/nothing`);
    await service.stop();
    expect(service.log).toEqual([]);
  });
});

describe('the line of a refused request', () => {
  it('names the client that a trusted proxy forwards for', async () => {
    const behind = await startService({ TRUST_PROXY: '127.0.0.1' });
    const headers = { 'x-request-id': 'forwarded', 'x-forwarded-for': '::ffff:203.0.113.9' };
    const answer = await send('POST', `${behind.url}/auth/login`, { headers, body: newPerson() });
    const lines = await requestLines(behind, 'forwarded');
    await behind.stop();
    expect(answer.status).toBe(401);
    expect(lines).toMatchObject([{ status: 401, code: 'account_unknown', address: '203.0.113.9' }]);
  });
});
