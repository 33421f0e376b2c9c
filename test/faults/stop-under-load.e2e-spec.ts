import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sized } from '../runner/size.js';
import { bothEngines } from '../support/engines.js';
import { holders } from '../support/holders.js';
import { type Client, startClient } from '../support/load.js';
import { AT_FULL_SIZE } from '../support/needs.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from '../support/process.js';
import { head, parsed } from '../support/raw.js';
import type { Environment } from '../support/service.js';

/** How many answers every client gets before the service is stopped. */
const BEFORE = 2;

/** How many connections the system has made that the service has not taken when it is told to stop. */
const UNTAKEN = sized({ small: 40, full: 200 });

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 120_000;

async function start(settings: Environment = {}): Promise<ServiceProcess> {
  const PORT = await freePort();
  const PUBLIC_URL = `http://127.0.0.1:${PORT}`;
  // Its clients sign in to one account all the time.
  const unlimited = { LIMITS: 'off', SESSIONS_PER_ACCOUNT: '10000' };
  const env = { PORT, PUBLIC_URL, ...unlimited, EMAIL_VERIFICATION: 'off', ...settings };
  const service = startProcess(emptyFolder(), env);
  await service.listening;
  return service;
}

/** A connection over which requests are written as they are. */
interface RawConnection {
  /** Fulfilled when the operating system has what was written. */
  readonly write: (text: string) => Promise<void>;
  /** What has come so far. */
  readonly received: () => string;
  /** Fulfilled when the service has closed it. */
  readonly closed: Promise<unknown>;
}

async function open({ url }: ServiceProcess): Promise<RawConnection> {
  let received = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return {
    write: (text) =>
      new Promise((resolve, reject) => socket.write(text, (error) => (error ? reject(error) : resolve()))),
    received: () => received,
    closed,
  };
}

const KEPT = { connection: 'keep-alive' };

describe('SIGTERM', { timeout: HANGS_MS }, () => {
  it('is no reason not to answer what was sent before it, over connections kept and such as were not taken yet', async () => {
    const service = await start();
    const kept = await open(service);
    await kept.write(head('GET /health HTTP/1.1', KEPT));
    await expect.poll(kept.received, { timeout: HANGS_MS }).toContain('"status":"success"');
    const first = kept.received();

    service.kill('SIGSTOP');
    await kept.write(head('GET /health HTTP/1.1', KEPT));
    const untaken = await Promise.all(Array.from({ length: UNTAKEN }, () => open(service)));
    for (const connection of untaken) await connection.write(head('GET /health HTTP/1.1', KEPT));
    service.kill('SIGTERM');
    service.kill('SIGCONT');
    await Promise.all([kept, ...untaken].map(({ closed }) => closed));

    for (const text of [kept.received().slice(first.length), ...untaken.map(({ received }) => received())]) {
      const { status, json } = parsed(text);
      expect({ status, body: json }).toEqual({ status: 200, body: { status: 'success' } });
    }
    expect(await service.ended).toBe(0);
    expect(service.errors()).toBe('');
  });
});

describe.each(bothEngines('stop_under_load'))(
  'SIGTERM under load ($engine)',
  { timeout: HANGS_MS },
  ({ engine, settings }) => {
    // A server closes alike whatever the store.
    const options = engine === 'SQLite' ? {} : AT_FULL_SIZE;

    it('cuts no request off: each is answered whole, or never reached the service', options, async () => {
      const service = await start(await settings());
      const people = await holders(service.url);
      const answers = new Map<Client, object>();
      const begin = (keepsAlive: boolean): Client[] =>
        people.flatMap(({ driver, person, credential }) => {
          const client = startClient(service.url, driver.guarded(credential), keepsAlive);
          const signingIn = startClient(service.url, driver.signIn(person), keepsAlive);
          answers.set(client, driver.passed(person)).set(signingIn, driver.signedIn(person));
          return [client, signingIn];
        });
      const keeping = begin(true);
      const coming = begin(false);
      const clients = [...keeping, ...coming];
      await expect
        .poll(() => Math.min(...clients.map((client) => client.answers.length)), { timeout: HANGS_MS })
        .toBeGreaterThanOrEqual(BEFORE);

      const sentAt = performance.now();
      service.kill('SIGTERM');
      const failures = await Promise.all(clients.map(({ ended }) => ended));
      expect(await service.ended).toBe(0);
      expect(performance.now() - sentAt).toBeLessThan(10_000);

      expect(service.errors()).toBe('');
      for (const client of clients)
        for (const { status, body } of client.answers) expect({ status, body }).toEqual(answers.get(client));
      expect(keeping.map((client) => client.answers.at(-1)?.isLast)).toEqual(keeping.map(() => true));
      // The system resets connections that it was making when the service closed its port.
      for (const { code, requestId } of failures) {
        expect(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']).toContain(code);
        expect(service.output.some((line) => line.includes(requestId))).toBe(false);
      }
    });
  },
);
