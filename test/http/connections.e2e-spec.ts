import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/http.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { DOORS, SECURITY_HEADERS, PROBLEM_TYPE, problem, MALFORMED } from '../support/shapes.js';

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

describe('CONNECT', () => {
  it('is refused like what is malformed: this is no proxy', async () => {
    const { status, json, headers } = await sendRaw(
      service.url,
      'CONNECT a.example:443 HTTP/1.1\r\nhost: a.example\r\n\r\n',
    );
    expect({ status, body: json }).toEqual({ status: 400, body: MALFORMED });
    expect(headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE, connection: 'close' });
    await expect.poll(() => service.log.map(({ id }) => id)).toContain(headers['x-request-id']);
  });

  it('does no harm if its client goes away at once', async () => {
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('CONNECT a.example:443 HTTP/1.1\r\nhost: a.example\r\n\r\n');
    socket.resetAndDestroy();
    await once(socket, 'close');
    expect((await sendRaw(service.url, head('GET /health HTTP/1.1'))).status).toBe(200);
  });
});

describe('Host', () => {
  it.each(['', 'host: a\r\nhost: b\r\n'])('has to be there once (RFC 9112 §3.2), not as in "%s"', async (lines) => {
    const ask = (path: string): ReturnType<typeof sendRaw> =>
      sendRaw(service.url, `GET ${path} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`);
    const native = await ask('/account');
    expect({ status: native.status, body: native.json }).toEqual({ status: 400, body: MALFORMED });
    expect(native.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE });
    for (const { shape, mount } of DOORS) {
      const { status, json, headers } = await ask(mount + shape.signIn.path);
      expect({ status, body: json }).toEqual(shape.errors.badPath);
      expect(headers).toMatchObject(SECURITY_HEADERS);
    }
  });

  it('need not be there before HTTP/1.1', async () => {
    expect((await sendRaw(service.url, 'GET /health HTTP/1.0\r\n\r\n')).status).toBe(200);
  });
});

describe('Expect', () => {
  it('of something else than 100-continue is overlooked (RFC 9110 §10.1.1)', async () => {
    const { status, headers } = await sendRaw(service.url, head('GET /health HTTP/1.1', { expect: 'the unexpected' }));
    expect(status).toBe(200);
    expect(headers).toMatchObject(SECURITY_HEADERS);
  });

  it('of 100-continue is met', async () => {
    const sending = { headers: { expect: '100-continue' }, body: '{"username":"nobody"}' };
    const { status, json } = await send('POST', `${service.url}/auth/login`, sending);
    expect({ status, json }).toEqual({ status: 400, json: { err: 'missing required field: "password"' } });
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
