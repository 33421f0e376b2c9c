import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/http.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { SECURITY_HEADERS } from '../support/shapes.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ CORS_ORIGINS: 'https://app.example.com' });
});
afterAll(() => service.stop());

describe('HEAD', () => {
  it.each(['/health', '/opaque-token/health', '/auth/refresh', '/protected/me', '/auth/getuser', '/docs'])(
    '%s follows GET',
    async (path) => {
      const [got, asked] = [await send('GET', service.url + path), await send('HEAD', service.url + path)];
      const varying = { date: '', 'x-request-id': '' };
      expect({ status: asked.status, text: asked.text }).toEqual({ status: got.status, text: '' });
      expect({ ...asked.headers, ...varying }).toEqual({ ...got.headers, ...varying });
    },
  );
});

describe('OPTIONS', () => {
  const ask = (path: string, origin: string): ReturnType<typeof send> =>
    send('OPTIONS', service.url + path, { headers: { origin, 'access-control-request-method': 'POST' } });

  const ALLOWED = {
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': 'Authorization, Content-Type, Auth-Contract, X-Pin, X-Request-Id',
    'access-control-max-age': '600',
  };

  it.each([
    '/auth/login',
    '/auth/register',
    '/token-pair/auth/token',
    '/login',
    '/api/v1.0/register',
    '/basic/api/v1.0/nothing',
  ])('of %s lets any origin ask, without credentials', async (path) => {
    const answer = await ask(path, 'https://anybody.example');
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
    expect(answer.headers).toMatchObject({ ...ALLOWED, ...SECURITY_HEADERS, 'access-control-allow-origin': '*' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it.each(['/users/login', '/cookie/protected/me'])(
    'of %s lets the configured origins ask, with credentials',
    async (path) => {
      const { status, headers } = await ask(path, 'https://app.example.com');
      expect(status).toBe(204);
      expect(headers).toMatchObject({
        ...ALLOWED,
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-allow-credentials': 'true',
        vary: expect.stringContaining('Origin'),
      });
    },
  );

  it.each(['/users/login', '/cookie/protected/me'])('of %s lets no other origin ask', async (path) => {
    const { status, headers } = await ask(path, 'https://anybody.example');
    expect(status).toBe(204);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('that is no preflight is answered too', async () => {
    expect((await send('OPTIONS', `${service.url}/auth/login`)).status).toBe(204);
    const { status } = await sendRaw(service.url, head('OPTIONS * HTTP/1.1'));
    expect(status).toBe(204);
  });
});

describe('X-Request-Id', () => {
  const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

  it.each([
    ['absent', {}],
    ['empty', { 'x-request-id': '' }],
    ['too long', { 'x-request-id': 'a'.repeat(129) }],
    ['with a space', { 'x-request-id': 'a b' }],
    ['with a quote', { 'x-request-id': 'a"b' }],
    ['with other letters', { 'x-request-id': 'é' }],
    ['with markup', { 'x-request-id': '<script>' }],
  ])('that is %s is replaced', async (_what, headers: Record<string, string>) => {
    const answer = await send('GET', `${service.url}/health`, { headers });
    expect(answer.headers['x-request-id']).toMatch(UUID);
    await expect.poll(() => service.log.map(({ id }) => id)).toContain(answer.headers['x-request-id']);
  });

  it('that comes twice is replaced', async () => {
    const { headers } = await sendRaw(
      service.url,
      head('GET /health HTTP/1.1', { 'x-request-id': 'a\r\nx-request-id: b' }),
    );
    expect(headers['x-request-id']).toMatch(UUID);
  });

  it('is another one for every request', async () => {
    const ask = (): ReturnType<typeof send> => send('GET', `${service.url}/health`);
    const ids = (await Promise.all([ask(), ask(), ask()])).map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('behind https', () => {
  let https: Service;
  beforeAll(async () => {
    https = await startService({ PUBLIC_URL: 'https://id.example.com' });
  });
  afterAll(() => https.stop());

  it.each([
    ['GET', '/health', 200],
    ['GET', '/auth/nothing', 404],
    ['GET', '/auth/%ZZ', 400],
    ['OPTIONS', '/auth/login', 204],
    ['GET', '/docs', 200],
    ['GET', '/verify/some-token', 410],
  ])('%s %s tells browsers to stay there', async (method, path, status) => {
    const answer = await send(method, https.url + path);
    expect(answer.status).toBe(status);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
  });
});
