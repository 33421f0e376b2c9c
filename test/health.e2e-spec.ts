import { rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeApp } from '../src/app.js';
import { KeyRing } from '../src/tokens/key-ring.js';
import { send } from './support/http.js';
import { type Service, startService } from './support/service.js';
import { whole } from './support/whole.js';

const PATHS = ['/health', '/opaque-token/health'];

describe('while all is well', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  describe.each(PATHS)('GET %s', (path) => {
    it('says that the server is running', async () => {
      const answer = await send('GET', service.url + path);
      expect(whole(answer)).toEqual({ status: 200, body: { status: 'success' } });
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      });
    });

    it('asks for no credentials, and minds none', async () => {
      const answer = await send('GET', service.url + path, { headers: { authorization: 'Bearer null' } });
      expect(whole(answer)).toEqual({ status: 200, body: { status: 'success' } });
    });
  });

  describe('GET /health/ready', () => {
    it('says that the service can serve', async () => {
      const up = {
        database: { status: 'up', responseTime: expect.any(Number) },
        keys: { status: 'up' },
        revocations: { status: 'up' },
      };
      const answer = await send('GET', `${service.url}/health/ready`);
      expect(whole(answer)).toEqual({ status: 200, body: { status: 'ok', info: up, error: {}, details: up } });
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['cache-control']).toContain('no-store');
    });
  });
});

describe('while the database is closed', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
    await service.app.get(DataSource).destroy();
  });
  afterAll(() => service.stop());

  it.each(PATHS)('GET %s still says that the server is running, and that its store is not', async (path) => {
    const answer = await send('GET', service.url + path);
    expect(whole(answer)).toEqual({ status: 200, body: { status: 'error' } });
  });

  it('GET /health/ready says what is missing; why, only the log says', async () => {
    const headers = { 'x-request-id': 'not-ready' };
    const answer = await send('GET', `${service.url}/health/ready`, { headers });
    const up = { keys: { status: 'up' }, revocations: { status: 'up' } };
    const down = { database: { status: 'down', responseTime: expect.any(Number) } };
    expect(whole(answer)).toEqual({
      status: 503,
      body: { status: 'error', info: up, error: down, details: { ...up, ...down } },
    });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['cache-control']).toContain('no-store');
    const [reason] = service.log.filter(({ id }) => id === 'not-ready');
    expect(reason).toMatchObject({
      level: 'warn',
      msg: 'The service is not ready.',
      found: {
        error: {
          database: {
            message: expect.stringMatching(/database connection is not open|terminated|Driver not Connected/),
          },
        },
      },
    });
  });
});

describe('while there is no key to sign with', () => {
  afterEach(() => vi.restoreAllMocks());

  it('GET /health/ready says so', async () => {
    const service = await startService();
    vi.spyOn(service.app.get(KeyRing), 'isReady', 'get').mockReturnValue(false);
    const answer = await send('GET', `${service.url}/health/ready`);
    await service.stop();
    const up = { database: { status: 'up', responseTime: expect.any(Number) }, revocations: { status: 'up' } };
    const down = { keys: { status: 'down' } };
    expect(whole(answer)).toEqual({
      status: 503,
      body: { status: 'error', info: up, error: down, details: { ...up, ...down } },
    });
  });
});

describe('while it stops', () => {
  it('GET /health/ready says so to those whose connections it still has, and that this was the last answer', async () => {
    const service = await startService();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await send('GET', `${service.url}/health`, { agent });
    const stopping = closeApp(service.app, 60_000);
    await expect.poll(() => service.app.getHttpServer().listening, { timeout: 10_000 }).toBe(false);
    const answer = await send('GET', `${service.url}/health/ready`, { agent });
    await stopping;
    rmSync(service.dataDir, { recursive: true });
    const up = {
      database: { status: 'up', responseTime: expect.any(Number) },
      keys: { status: 'up' },
      revocations: { status: 'up' },
    };
    expect(whole(answer)).toEqual({
      status: 503,
      body: { status: 'shutting_down', info: up, error: {}, details: up },
    });
    expect(answer.headers.connection).toBe('close');
  });
});
