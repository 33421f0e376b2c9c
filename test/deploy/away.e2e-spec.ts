import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROBLEM_DETAILS } from '../../src/contract-kit/problem-details.js';
import { wordingOf } from '../../src/contract-kit/wire-error.js';
import { send } from '../support/http.js';
import { needing } from '../support/needs.js';
import { NGINX_MISSING, startNginx } from '../support/nginx.js';
import { freePort } from '../support/ports.js';
import { whole } from '../support/whole.js';

const NOBODY = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;

/** Something that stands in for an instance; at the end of the test it is gone. */
async function standIn(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

describe('deploy/nginx.conf before instances that are away', needing(NGINX_MISSING), () => {
  it.each([
    ['POST', 1],
    ['PATCH', 1],
    ['GET', 2],
    ['DELETE', 2],
  ])('sends a %s whose answer is lost %i times at most', async (method, times) => {
    const seen: string[] = [];
    const losing: RequestListener = (request) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume().on('end', () => request.socket.destroy());
    };
    const { url } = await startNginx([await standIn(losing), await standIn(losing)]);
    expect((await send(method, `${url}/auth/token/refresh`, { body: { refresh: 'a token' } })).status).toBe(503);
    expect(seen).toEqual(Array.from({ length: times }, () => `${method} /auth/token/refresh`));
  });

  it('sends a POST to the other instance if the first cannot be reached at all', async () => {
    const answering = await standIn((request, response) => void request.resume().on('end', () => response.end('{}')));
    const { url } = await startNginx([await NOBODY(), answering]);
    for (let i = 0; i < 4; i++)
      expect(whole(await send('POST', `${url}/auth/token`, { body: {} }))).toEqual({ status: 200, body: {} });
  });

  it('answers for them when there is none, as the service does when it has no store', async () => {
    const { url } = await startNginx([await NOBODY(), await NOBODY()]);
    const answer = await send('GET', `${url}/account`);
    const { status, body } = wordingOf(PROBLEM_DETAILS, 'store_unavailable', {});
    expect(whole(answer)).toEqual({ status, body });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '5',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Retry-After',
    });
  });

  it('writes nothing of a request down, as a mailed link holds its token', async () => {
    const { url, errors } = await startNginx([await NOBODY(), await NOBODY()]);
    expect((await send('GET', `${url}/verify/a-mailed-token`)).status).toBe(503);
    expect((await send('GET', `${url}/verify/${'x'.repeat(40_000)}`)).status).toBe(414);
    expect(errors()).toBe('');
  });
});
