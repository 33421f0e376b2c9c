import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { exchange, type WholeAnswer } from '../load/exchange.js';
import type { Request } from '../load/request.js';
import { type RunningServer, startServer } from '../processes.js';
import { PASSWORD } from '../store/identities.js';

/** A better-auth that runs, and what to ask it. */
export interface BetterAuth {
  readonly server: RunningServer;
  readonly protectedRequests: readonly Request[];
  readonly signIns: readonly Request[];
}

const PEOPLE = 200;
const AT_ONCE = 8;

const credentials = (person: number): { email: string; password: string } => ({
  email: `person${person}@example.com`,
  password: PASSWORD,
});

/** Starts it in a folder of its own and registers people. @param cookieCache whether sessions are read from a cookie */
export async function startBetterAuth(folder: string, cookieCache: 'on' | 'off'): Promise<BetterAuth> {
  const DATA_DIR = mkdtempSync(join(folder, 'better-auth-'));
  const server = await startServer({
    command: process.execPath,
    args: ['bench/peers/better-auth.mjs'],
    env: { DATA_DIR, PUBLIC_URL: 'http://latchkey.test', COOKIE_CACHE: cookieCache, NODE_ENV: 'production' },
    answers: '/api/auth/ok',
  });
  const cookies: string[] = [];
  for (let first = 0; first < PEOPLE; first += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, index) => signUp(server.port, first + index));
    cookies.push(...(await Promise.all(some)).map(cookieOf));
  }
  return {
    server,
    protectedRequests: cookies.map((cookie) => ({ path: '/api/auth/get-session', headers: { cookie } })),
    signIns: cookies.map((_, person) => ({
      method: 'POST',
      path: '/api/auth/sign-in/email',
      body: credentials(person),
    })),
  };
}

function signUp(port: number, person: number): Promise<WholeAnswer> {
  const body = { ...credentials(person), name: 'Person' };
  return exchange(port, { method: 'POST', path: '/api/auth/sign-up/email', body });
}

function cookieOf({ status, headers, body }: WholeAnswer): string {
  if (status !== 200) throw new Error(`better-auth answered a registration with ${status}: ${body}`);
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}
