/**
 * How long after its revocation at one instance a token is let in at the others: three processes of the built service on a
 * real PostgreSQL, announcements heard, and then with the connections that hear them cut. `npm run bench:revocation`.
 */
import { randomBytes } from 'node:crypto';
import { DatabaseProxy } from '../test/support/database-proxy.js';
import { send } from '../test/support/http.js';
import { type Instances, startInstances } from '../test/support/instances.js';
import { PostgresServer } from '../test/support/postgres-server.js';

/** How often it is tried while announcements are heard, and while they are not. */
const HEARD = 300;
const UNHEARD = 20;

const server = await PostgresServer.start();
const proxy = await DatabaseProxy.start(`${server.url}/postgres`);
const instances = await startInstances(proxy.url, [{}, {}, {}]);
const [revoking, ...others] = instances.all.map(({ url }) => url) as [string, string, string];

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const credentials = { username: `bench${randomBytes(4).toString('hex')}`, password: 'Secret1234' };

async function newToken(): Promise<string> {
  const { json } = await send('POST', `${revoking}/token-pair/auth/token`, { body: credentials });
  return (json as { access: string }).access;
}

/** How long a token goes on to be let in at an instance, in milliseconds. */
async function lastsAt(url: string, token: string, sinceMs: number): Promise<number> {
  for (;;) {
    const { status } = await send('GET', `${url}/token-pair/auth/getuser`, { headers: bearer(token) });
    if (status !== 200) return performance.now() - sinceMs;
  }
}

async function measure(times: number): Promise<number[]> {
  const reaches: number[] = [];
  for (let time = 0; time < times; time++) {
    const token = await newToken();
    for (const url of others) await send('GET', `${url}/token-pair/auth/getuser`, { headers: bearer(token) });
    await send('DELETE', `${revoking}/account/sessions/current`, { headers: bearer(token) });
    const sinceMs = performance.now();
    reaches.push(...(await Promise.all(others.map((url) => lastsAt(url, token, sinceMs)))));
  }
  return reaches.sort((a, b) => a - b);
}

function print(what: string, sorted: readonly number[]): void {
  const at = (part: number): string => (sorted[Math.ceil(sorted.length * part) - 1] as number).toFixed(1);
  process.stdout.write(`| ${what} | ${sorted.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |\n`);
}

async function stop(running: Instances): Promise<void> {
  await running.stop();
  await proxy.stop();
  await server.remove();
}

try {
  await send('POST', `${revoking}/opaque-token/register`, { body: credentials });
  process.stdout.write('| revoked at one of three instances | tries | median, ms | p99, ms | longest, ms |\n');
  process.stdout.write('| --- | --- | --- | --- | --- |\n');
  print('announcements are heard', await measure(HEARD));
  await proxy.become('deaf');
  print('nothing is heard', await measure(UNHEARD));
} finally {
  await stop(instances);
}
