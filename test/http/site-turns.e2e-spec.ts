import { once } from 'node:events';
import { connect } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SiteTurnsGuard } from '../../src/auth/guards/site-turns.guard.js';
import { cookie } from '../drivers/cookie.driver.js';
import { type Answer, send } from '../support/http.js';
import { LIMITED } from '../support/networks.js';
import { type Service, startService } from '../support/service.js';

/** Requests of one site that are worked on at a time: three quarters of the connections that there may be to a database. */
const AT_ONCE = 7;

let begun: number;
let release: () => void;
let released: Promise<void>;

@Controller('held')
class HeldController {
  @Get()
  async held(): Promise<object> {
    begun++;
    await released;
    return {};
  }
}

@Module({ controllers: [HeldController] })
class HeldModule {}

let service: Service;

beforeEach(async () => {
  begun = 0;
  released = new Promise<void>((resolve) => (release = resolve));
  service = await startService(LIMITED, { further: [HeldModule] });
  // On a busy machine the tests take longer than requests wait.
  service.app.get(SiteTurnsGuard).longestWaitMs = 60_000;
  onTestFinished(async () => {
    release();
    await service.stop();
  });
});

const from = (ip: string, path = '/held'): Promise<Answer> =>
  send('GET', service.url + path, { headers: { 'x-forwarded-for': ip } });
const statuses = async (asked: readonly Promise<Answer>[]): Promise<number[]> =>
  (await Promise.all(asked)).map(({ status }) => status);
const many = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

describe('The requests of a site', () => {
  it('wait in turn beyond a few at a time, and those of other sites do not', async () => {
    const flood = Array.from({ length: 60 }, (_, n) => from(`2001:db8:1:${(n % 8).toString(16)}::${n}`));
    await expect.poll(() => begun).toBe(AT_ONCE);

    const neighbour = from('2001:db8:1:ffff::1');
    const stranger = from('2001:db8:2::1');
    await expect.poll(() => begun).toBe(AT_ONCE + 1);
    expect((await from('2001:db8:1::1', '/health/ready')).status).toBe(200);
    const signIn = cookie.signIn(cookie.newPerson());
    expect((await send('POST', `${service.url}/cookie${signIn.path}`, signIn)).status).toBe(
      cookie.refusals.unknownAccount.status,
    );
    release();

    expect(await statuses([...flood, neighbour, stranger])).toEqual(many(62, 200));
    expect(await statuses(Array.from({ length: 60 }, () => from('2001:db8:1::1')))).toEqual(many(60, 200));
  });

  it('keep their places until they are answered, also once their clients have gone', async () => {
    const leaving = new AbortController();
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    const gone = Array.from({ length: 40 }, () =>
      fetch(`${service.url}/held`, { headers, signal: leaving.signal }).catch(() => undefined),
    );
    await expect.poll(() => begun).toBe(AT_ONCE);
    leaving.abort();
    await Promise.all(gone);

    const waiting = from('192.0.2.1');
    expect((await from('192.0.3.1', '/account')).status).toBe(401);
    expect(begun).toBe(AT_ONCE);
    release();

    expect((await waiting).status).toBe(200);
    expect(await statuses(Array.from({ length: 60 }, () => from('192.0.2.1')))).toEqual(many(60, 200));
  });

  it('give their places back also if many came over one connection that was cut', async () => {
    const { hostname, port } = new URL(service.url);
    const request = (method: string, path: string, body = ''): string =>
      `${method} ${path} HTTP/1.1\r\nhost: ${hostname}\r\nx-forwarded-for: 192.0.2.1\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`;
    const { body, path } = cookie.signIn(cookie.newPerson());
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(request('POST', `/cookie${path}`, JSON.stringify(body)) + request('GET', '/held').repeat(2 * AT_ONCE));
    await expect.poll(() => begun).toBe(AT_ONCE);
    socket.destroy();
    await expect.poll(async () => (await from('192.0.3.1', '/account')).status).toBe(401);
    release();

    expect(await statuses(Array.from({ length: 60 }, () => from('192.0.2.1')))).toEqual(many(60, 200));
  });
});
