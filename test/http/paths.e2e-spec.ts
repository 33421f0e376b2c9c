import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import { send } from '../support/http.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { SECURITY_HEADERS, PROBLEM_TYPE, problem, NOT_FOUND, MALFORMED } from '../support/shapes.js';
import { whole } from '../support/whole.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

describe('opaque-token', () => {
  it.each([
    ['GET', '/login', 405, 'Method Not Allowed'],
    ['POST', '/opaque-token/nothing', 404, 'Not Found'],
    ['GET', '/opaque-token/%ZZ', 400, 'Bad Request'],
  ])('says it in the reason phrase too: %s %s', async (method, path, status, reason) => {
    const answer = await send(method, service.url + path);
    expect([answer.status, answer.reason]).toEqual([status, reason]);
  });
});

describe('paths of no contract', () => {
  it.each([
    '/',
    '/nothing',
    '/authenticate',
    '/logins',
    '/apis/v1.0/login',
    '//auth/login',
    '/AUTH/login',
    '/auth%2Flogin',
    '/me/auth/login',
  ])('GET %s is unknown, in problem details', async (path) => {
    const answer = await send('GET', service.url + path);
    expect(whole(answer)).toEqual({ status: 404, body: NOT_FOUND });
    expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE });
  });

  it.each(['/%ZZ', '/verify/%E0%A4%A', '/hea%6%63th/ready', '/%6%31ccount'])(
    'GET %s cannot be understood',
    async (path) => {
      const answer = await send('GET', service.url + path);
      expect(whole(answer)).toEqual({ status: 400, body: MALFORMED });
      expect(answer.headers).toMatchObject({ 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' });
    },
  );

  it.each([
    ['POST', '/health/ready', 'GET, HEAD'],
    ['DELETE', '/verify/some-token', 'GET, HEAD, POST'],
    ['PUT', '/verify/resend', 'GET, HEAD, POST'],
  ])('%s %s is refused with the methods it knows', async (method, path, allow) => {
    const answer = await send(method, service.url + path);
    const body = problem(405, 'method_not_allowed', 'The route does not know this method.');
    expect(whole(answer)).toEqual({ status: 405, body });
    expect(answer.headers).toMatchObject({ allow, 'content-type': PROBLEM_TYPE });
  });

  it('a native route that fails says so in problem details', async () => {
    vi.spyOn(service.app.get(Sql), 'rows').mockImplementation(() => {
      throw new Error('the detail');
    });
    const answer = await send('GET', `${service.url}/verify/some-token`);
    const body = problem(500, 'internal_error', 'Something went wrong here.');
    expect(whole(answer)).toEqual({ status: 500, body });
    expect(answer.headers['content-type']).toBe(PROBLEM_TYPE);
  });
});

describe('a fragment, which no client should send', () => {
  it.each(['/login#a', '/opaque-token/login#a?b', '/login#'])('is overlooked: GET %s', async (target) => {
    const { status, json } = await sendRaw(service.url, head(`GET ${target} HTTP/1.1`));
    expect({ status, body: json }).toEqual({ status: 405, body: { reason: 'Method Not Allowed' } });
  });
});
