import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { SECURITY_HEADERS, PROBLEM_TYPE, problem, MALFORMED } from '../support/shapes.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('what is no request', () => {
  it.each([
    ['a method in lower case', head('get /auth/login HTTP/1.1')],
    ['a method that nobody knows', head('LOGIN /auth/login HTTP/1.1')],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a header without a name', head('GET /auth/login HTTP/1.1', { '': 'x' })],
    ['two lengths', head('POST /auth/login HTTP/1.1', { 'content-length': '2\r\ncontent-length: 3' })],
    [
      'a length and chunks',
      head('POST /auth/login HTTP/1.1', { 'content-length': '2', 'transfer-encoding': 'chunked' }),
    ],
    ['a broken chunk', `${head('POST /auth/login HTTP/1.1', { 'transfer-encoding': 'chunked' })}zz\r\n`],
  ])('is refused: %s', async (_what, text) => {
    const { status, json, headers } = await sendRaw(service.url, text);
    expect({ status, body: json }).toEqual({ status: 400, body: MALFORMED });
    expect(headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE, connection: 'close' });
  });

  it('is refused: headers over 16 kB', async () => {
    const { status, json, headers } = await sendRaw(
      service.url,
      head('GET /auth/login HTTP/1.1', { cookie: `token=${'a'.repeat(17_000)}` }),
    );
    const body = problem(431, 'headers_too_large', 'The headers are too large.');
    expect({ status, body: json }).toEqual({ status: 431, body });
    expect(headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE });
  });
});

describe('a slow client', () => {
  it('has 10 seconds for its headers and 30 for the whole request', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = service.app.getHttpServer();
    expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 72_000,
    });
  });
});
