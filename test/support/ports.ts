import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports for servers that are told theirs. They lie below those that systems give to outgoing connections and to port 0
 * (32768 and up on Linux), so nothing takes one between the look and the server's start.
 */
const FIRST = 11_000;

/** Each worker of a test run has a range of its own, as long as there are no more than twenty. */
const WORKERS = 20;
const PER_WORKER = 1000;

/** Ports that a process reserves, the latest ones. Each costs a descriptor. */
const KEPT = 200;

const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
let asked = randomInt(PER_WORKER);
const kept: Socket[] = [];

/**
 * A port that nobody listens on, and that neither this process nor another run of the tests has given out lately.
 * @throws {Error} if the whole range is taken
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PER_WORKER; tries++) {
    const port = FIRST + worker * PER_WORKER + (asked++ % PER_WORKER);
    if ((await keep(port)) && (await isFree(port))) return port;
  }
  throw new Error(`All ports of the ${PER_WORKER} from ${FIRST + worker * PER_WORKER} on are taken.`);
}

/**
 * Keeps a port from other runs, whose servers may be as far from their start as those of this one. Answers whether none of
 * them has it. The sign is the UDP port of the same number, which nothing here uses and which ends with the process.
 */
async function keep(port: number): Promise<boolean> {
  const sign = createSocket('udp4');
  try {
    sign.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(sign, 'listening');
  } catch (error) {
    sign.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }
  kept.push(sign.unref());
  if (kept.length > KEPT) kept.shift()?.close();
  return true;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
