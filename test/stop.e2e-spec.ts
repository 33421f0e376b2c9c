import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request as nodeRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { send } from './support/http.js';
import { AT_FULL_SIZE } from './support/needs.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from './support/process.js';
import { head } from './support/raw.js';

async function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = startProcess(emptyFolder(), { PORT: await freePort(), ...env });
  await service.listening;
  return service;
}

/** Waits until the service has taken a sign-in that takes long; its answer is still to come. */
async function slowSignIn({ url }: ServiceProcess): Promise<{ readonly answer: Promise<object> }> {
  const body = JSON.stringify({ username: 'nobody', password: 'Secret1234' });
  const headers = { 'content-length': String(body.length), expect: '100-continue' };
  const agent = new Agent({ keepAlive: true });
  const request = nodeRequest(`${url}/auth/login`, { method: 'POST', headers, agent });
  request.flushHeaders();
  await once(request, 'continue');
  request.end(body);
  return { answer: answerTo(request) };
}

async function answerTo(request: ClientRequest): Promise<object> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
}

/** Waits until the service takes no new connections any more. */
async function closedTo(service: ServiceProcess): Promise<void> {
  const attempt = (): Promise<unknown> =>
    send('GET', `${service.url}/health`).catch(({ code }: NodeJS.ErrnoException) => code);
  await expect.poll(attempt).toBe('ECONNREFUSED');
}

describe.each([
  { signal: 'SIGTERM', options: {} },
  { signal: 'SIGINT', options: AT_FULL_SIZE },
  { signal: 'SIGHUP', options: {} },
] as const)('$signal', ({ signal, options }) => {
  it(
    'lets a running request finish and no other begin, though it may come twice: npm passes on what a terminal sends',
    options,
    async () => {
      const service = await start({ BCRYPT_COST: '12' });
      const { answer } = await slowSignIn(service);
      service.kill(signal);
      await closedTo(service);
      service.kill(signal);
      expect(await answer).toEqual({ status: 401, body: { err: 'invalid username or password' } });
      const answeredAt = performance.now();
      expect(await service.ended).toBe(0);
      expect(performance.now() - answeredAt).toBeLessThan(4000);
      expect(service.errors()).toBe('');
    },
  );
});

describe('SIGTERM', () => {
  it('closes connections that are idle or were never used at once, and waits 10 seconds at most for a request that hangs', async () => {
    const service = await start();
    const request = nodeRequest(`${service.url}/health`, { agent: new Agent({ keepAlive: true }) }).end();
    await answerTo(request);
    const used = request.socket as Socket;
    const unused = connect(Number(new URL(service.url).port), '127.0.0.1').resume();
    await once(unused, 'connect');
    const hanging = connect(Number(new URL(service.url).port), '127.0.0.1');
    hanging.write(head('POST /auth/login HTTP/1.1', { 'content-length': '100', expect: '100-continue' }));
    await once(hanging, 'data');
    const sentAt = performance.now();
    service.kill('SIGTERM');
    await Promise.all([once(used, 'close'), once(unused, 'close')]);
    expect(performance.now() - sentAt).toBeLessThan(5000);
    expect(await service.ended).toBe(0);
    expect(performance.now() - sentAt).toBeLessThan(10_000);
    expect(service.errors()).toBe('');
  });
});
