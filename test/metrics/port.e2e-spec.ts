import { once } from 'node:events';
import { createServer } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigError, parseEnvironment } from '../../src/config/env.js';
import { MetricsServer } from '../../src/health/metrics-server.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { figure, metricsOf } from '../support/exposition.js';
import { send } from '../support/http.js';
import { documentOf } from '../support/openapi.js';
import { freePort } from '../support/process.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;
let metrics: string;

beforeAll(async () => {
  const port = await freePort();
  service = await startService({ METRICS_PORT: port, HOST: '127.0.0.1' });
  metrics = `http://127.0.0.1:${port}`;
});
afterAll(() => service.stop());

describe('With METRICS_PORT', () => {
  it('the metrics are answered there, those of the public port’s requests', async () => {
    await send('GET', `${service.url}/health`);
    await expect
      .poll(async () =>
        figure(await metricsOf({ metricsUrl: `${metrics}/metrics` }), 'latchkey_http_request_duration_seconds_count', {
          route: '/opaque-token/health',
        }),
      )
      .toBe(1);
    expect(await send('GET', `${metrics}/metrics?name=all`)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
    });
  });

  it('the public port does not know the route, nor does its document', async () => {
    expect(whole(await send('GET', `${service.url}/metrics`))).toEqual({
      status: 404,
      body: { type: 'about:blank', title: 'There is no such route.', status: 404, code: 'route_unknown' },
    });
    expect(Object.keys((await documentOf(service, 'native')).document.paths)).not.toContain('/metrics');
  });

  it('nothing else is answered there', async () => {
    expect(await send('HEAD', `${metrics}/metrics`)).toMatchObject({ status: 200, text: '' });
    expect(await send('POST', `${metrics}/metrics`)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
      text: 'The route does not know this method.\n',
    });
    for (const path of ['/', '/health', '/metrics/', '/docs', '/admin/users'])
      expect(await send('GET', metrics + path)).toMatchObject({ status: 404, text: 'There is no such route.\n' });
  });

  it('a monitor keeps its connection from one scrape to the next, at any usual interval', async () => {
    expect(await send('GET', `${metrics}/metrics`)).toMatchObject({ headers: { 'keep-alive': 'timeout=72' } });
  });

  it('the port is free again after a stop, though a monitor kept its connection', async () => {
    const port = await freePort();
    const first = await startService({ METRICS_PORT: port, HOST: '127.0.0.1' });
    await send('GET', `http://127.0.0.1:${port}/metrics`);
    const second = await first.restart();
    expect((await send('GET', `http://127.0.0.1:${port}/metrics`)).status).toBe(200);
    await second.stop();
    // The first attempt may find the connection that was kept, which is closed.
    const attempt = (): Promise<unknown> =>
      send('GET', `http://127.0.0.1:${port}/metrics`).catch(({ code }: NodeJS.ErrnoException) => code);
    await expect.poll(attempt).toBe('ECONNREFUSED');
  });

  it('a port that is taken refuses the start by name', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const config = parseEnvironment({ METRICS_PORT: String(port), HOST: '127.0.0.1' });
    await expect(new MetricsServer(new Metrics(), config).onApplicationBootstrap()).rejects.toThrow(
      new ConfigError(`METRICS_PORT=${port} is not allowed. Allowed: a free port of 127.0.0.1 (EADDRINUSE).`),
    );
    taken.close();
  });

  it('a default port that is taken costs the metrics, not the start, and the log says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const config = Object.assign(parseEnvironment({}), { METRICS_PORT: port });
    const log: unknown[] = [];
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void log.push(line));
    const server = new MetricsServer(new Metrics(), config);
    onTestFinished(() => {
      warn.mockRestore();
      server.onApplicationShutdown();
      taken.close();
    });

    await server.onApplicationBootstrap();

    expect(log).toEqual([
      {
        message: 'The default METRICS_PORT is taken; there are no metrics.',
        METRICS_PORT: port,
        code: 'EADDRINUSE',
      },
    ]);
  });
});
