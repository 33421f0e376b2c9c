import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UsersService } from '../../src/users/users.service.js';
import { send } from '../support/http.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { DOORS, SECURITY_HEADERS, JSON_TYPE, PROBLEM_TYPE, problem } from '../support/shapes.js';
import { whole } from '../support/whole.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
afterEach(() => vi.restoreAllMocks());

describe.each(DOORS)('every route at $at', ({ shape, mount }) => {
  const { errors } = shape;
  const url = (path: string): string => service.url + mount + path;

  it('answers with the security headers, and is not to be cached', async () => {
    const answer = await send('POST', url(shape.signIn.path), shape.signIn);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': JSON_TYPE });
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
  });

  it('echoes a harmless X-Request-Id', async () => {
    const { headers } = await send('POST', url(shape.signIn.path), {
      ...shape.signIn,
      headers: { ...shape.signIn.headers, 'x-request-id': 'web-1:2.3_4' },
    });
    expect(headers['x-request-id']).toBe('web-1:2.3_4');
  });

  it('refuses a method that the path does not know, and says which it knows', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PROPFIND', 'TRACE']) {
      const answer = await send(method, url(shape.signIn.path));
      const text = JSON.stringify(shape.notAllowed).replaceAll('GET', method);
      expect(whole(answer)).toEqual({ status: 405, body: JSON.parse(text) });
      expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, allow: 'POST', 'content-type': JSON_TYPE });
    }
  });

  it('answers HEAD of a POST route as it answers GET, without the body', async () => {
    const answer = await send('HEAD', url(shape.signIn.path));
    const { headers } = await send('GET', url(shape.signIn.path));
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 405, text: '' });
    expect(answer.headers).toMatchObject({ allow: 'POST', 'content-type': JSON_TYPE });
    // One contract prints the method.
    if (shape.name !== 'token-pair') expect(answer.headers['content-length']).toBe(headers['content-length']);
  });

  it('does not know unknown paths', async () => {
    const paths = mount ? ['', '/', '/nothing', ...shape.unknown] : shape.unknown;
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await send(method, url(path));
        expect(whole(answer)).toEqual(errors.notFound);
        expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': JSON_TYPE });
        expect(answer.headers).not.toHaveProperty('allow');
      }
    }
  });

  it('refuses a path that cannot be decoded', async () => {
    const unreadable = mount ? '/%ZZ' : shape.unknown[0]?.replace('nothing', '%ZZ');
    if (!unreadable) throw new Error(`No unknown path of ${shape.name}.`);
    const answer = await send('GET', url(unreadable), {
      headers: { 'x-request-id': `bad-path${mount}`.replace('/', ':') },
    });
    expect(whole(answer)).toEqual(errors.badPath);
    expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'x-request-id': `bad-path${mount}`.replace('/', ':') });
  });

  it('refuses bodies at unknown paths in the same shape', async () => {
    for (const path of mount ? ['/nothing'] : shape.unknown) {
      const headers = { 'content-type': 'application/json' };
      const [tooLarge, compressed, escaped] = [
        await send('POST', url(path), { headers, body: 'x'.repeat(100_001) }),
        await send('POST', url(path), { headers: { ...headers, 'content-encoding': 'gzip' }, body: 'x' }),
        await send('POST', url(path.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`))),
      ];
      expect([tooLarge, compressed, escaped].map(whole)).toEqual([errors.tooLarge, errors.notFound, errors.notFound]);
    }
  });

  it('is the same, however the path is spelled', async () => {
    const expected = { status: 405, body: shape.notAllowed };
    const escaped = url(shape.signIn.path)
      .slice(service.url.length)
      .replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
    const absolute = `http://elsewhere.example${mount}${shape.signIn.path}`;
    for (const target of [escaped, absolute, `${mount}${shape.signIn.path}?a=b%ZZ`]) {
      const { status, json, headers } = await sendRaw(service.url, head(`GET ${target} HTTP/1.1`));
      expect({ status, body: json }).toEqual(expected);
      expect(headers).toMatchObject({ allow: 'POST', 'content-type': JSON_TYPE });
    }
  });

  it('answers what nobody foresaw with a fixed text; the log has the rest, under the id of the request', async () => {
    const id = `unforeseen${mount.replace('/', ':')}:${shape.name}`;
    vi.spyOn(service.app.get(UsersService), 'findByName').mockRejectedValue(new Error('the detail'));
    const answer = await send('POST', url(shape.signIn.path), {
      ...shape.signIn,
      headers: { ...shape.signIn.headers, 'x-request-id': id },
    });
    expect(whole(answer)).toEqual(errors.internal);
    expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': JSON_TYPE, 'x-request-id': id });
    await expect
      .poll(() => service.log.filter((line) => line.id === id))
      .toEqual([
        expect.objectContaining({
          level: 'error',
          code: 'internal_error',
          err: expect.objectContaining({ message: 'the detail', stack: expect.stringContaining('shapes.e2e-spec') }),
        }),
        expect.objectContaining({ level: 'info', status: 500 }),
      ]);
  });

  it('answers a thrown value that is no error likewise', async () => {
    for (const thrown of ['a text', 404, { statusCode: 200 }]) {
      vi.spyOn(service.app.get(UsersService), 'findByName').mockRejectedValueOnce(thrown);
      expect(whole(await send('POST', url(shape.signIn.path), shape.signIn))).toEqual(errors.internal);
    }
  });
});

describe('while the store cannot be reached', () => {
  let broken: Service;
  beforeAll(async () => {
    broken = await startService();
    await broken.app.get(DataSource).destroy();
  });
  afterAll(() => broken.stop());

  it.each(DOORS)('signing in at $at says when to come back', async ({ shape, mount }) => {
    const answer = await send('POST', broken.url + mount + shape.signIn.path, shape.signIn);
    expect(whole(answer)).toEqual(shape.errors.unavailable);
    expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': JSON_TYPE, 'retry-after': '5' });
  });

  it('a native route says so in problem details', async () => {
    const answer = await send('GET', `${broken.url}/verify/${'a'.repeat(43)}`);
    const body = problem(503, 'store_unavailable', 'The account store cannot be reached.');
    expect(whole(answer)).toEqual({ status: 503, body });
    expect(answer.headers).toMatchObject({ 'content-type': PROBLEM_TYPE, 'retry-after': '5' });
  });
});
