import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/http.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
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
    const answer = await send('GET', `${service.url}/account`, { headers });
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
