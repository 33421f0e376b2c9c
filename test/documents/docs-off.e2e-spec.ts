import { describe, expect, it, onTestFinished } from 'vitest';
import { send } from '../support/http.js';
import { startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const UNKNOWN = {
  status: 404,
  body: { type: 'about:blank', title: 'There is no such route.', status: 404, code: 'route_unknown' },
};

describe('With DOCS=off', () => {
  it('neither Swagger UI nor any document is served, and everything else is', async () => {
    const service = await startService({ DOCS: 'off' });
    onTestFinished(() => service.stop());

    for (const path of [
      '/docs',
      '/docs/',
      '/docs/swagger-ui.css',
      '/docs/native/openapi.json',
      '/docs/basic/openapi.json',
    ])
      expect([path, whole(await send('GET', service.url + path))]).toEqual([path, UNKNOWN]);
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(200);
    const { json } = await send('GET', `${service.url}/.well-known/openid-configuration`);
    expect(json).toMatchObject({ issuer: 'http://latchkey.test' });
    expect(json).not.toHaveProperty('service_documentation');
  });

  it('a service that serves them again has the same routes', async () => {
    const service = await startService({ DOCS: 'on' });
    onTestFinished(() => service.stop());

    for (const path of ['/docs', '/docs/native/openapi.json'])
      expect((await send('GET', service.url + path)).status).toBe(200);
  });
});
