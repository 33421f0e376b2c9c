import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { tokenPair } from '../drivers/token-pair.driver.js';
import type { Expected, Request } from '../drivers/driver.js';
import { canMount, quota, smallFileSystem } from '../support/disks.js';
import { type Answer, send } from '../support/http.js';
import { ask, type Holder, holders } from '../support/holders.js';
import type { Person } from '../support/people.js';
import { AT_FULL_SIZE, needing } from '../support/needs.js';
import { freePort, type ServiceProcess, startProcess } from '../support/process.js';
import { whole } from '../support/whole.js';

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 120_000;

/** How long an opaque token lives unused: a use two seconds after the last then pushes its end on. */
const OPAQUE_TOKEN_IDLE_TTL = '200';

async function start(folder: string): Promise<ServiceProcess> {
  const service = startProcess(folder, { PORT: await freePort(), EMAIL_VERIFICATION: 'off', OPAQUE_TOKEN_IDLE_TTL });
  await service.listening;
  return service;
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const OTHER_PASSWORD = 'OtherSecret1234';

/** What of each contract has to write beside registrations and sign-ins. */
const WRITES: Record<string, (holder: Holder) => Request[]> = {
  'token-pair': ({ signedIn }) => [refreshing(signedIn)],
  cookie: ({ credential }) => [
    { method: 'POST', path: '/users/logout', headers: { cookie: `token=${credential}` } },
    { method: 'POST', path: '/protected/pin', headers: { cookie: `token=${credential}` }, body: { pin: '12345' } },
  ],
  'opaque-token': ({ credential, person }) => [
    { method: 'POST', path: '/clear-tokens', headers: bearer(credential) },
    {
      method: 'POST',
      path: '/change-password',
      headers: bearer(credential),
      body: { old_password: person.password, new_password: OTHER_PASSWORD },
    },
  ],
};

function refreshing(signedIn: Answer): Request {
  const { refresh } = signedIn.json as { refresh: string };
  return { method: 'POST', path: '/auth/token/refresh', body: { refresh } };
}

/** How the service says that it is, with its database in a state. */
function readiness(status: 'ok' | 'degraded', database: 'up' | 'degraded'): Expected {
  const parts = {
    database: { status: database, responseTime: expect.any(Number) as number },
    keys: { status: 'up' },
    revocations: { status: 'up' },
  };
  return { status: 200, body: { status, info: parts, error: {}, details: parts } };
}

const isOpaque = ({ driver }: Holder): boolean => driver.name === 'opaque-token';

describe.each([
  ['a full file system', smallFileSystem, needing(canMount() ? undefined : 'the right to mount a file system')],
  // Where a file system can be mounted, at full size only: SQLite calls both of them full.
  ['a quota that is used up', quota, canMount() ? AT_FULL_SIZE : {}],
] as const)('With %s', { timeout: HANGS_MS }, (_what, makeDisk, options) => {
  it('refuses writes with 503, answers the rest, and is whole again when there is room', options, async () => {
    const disk = makeDisk();
    const service = await start(disk.folder);
    const { url, output } = service;
    const get = async (path: string, headers: Record<string, string> = {}): Promise<object> =>
      whole(await send('GET', url + path, { headers }));
    const people = await holders(url);
    const opaque = bearer((people.find(isOpaque) as Holder).credential);
    await expect
      .poll(() => get('/account', opaque), { timeout: HANGS_MS })
      .toMatchObject({ body: { last_sign_in_at: expect.any(String) } });
    const account = await get('/account', opaque);
    const keys = await get('/.well-known/jwks.json');
    const newcomers = new Map<Holder, Person>(people.map((holder) => [holder, holder.driver.newPerson()]));

    disk.fill(service);

    for (const [holder, newcomer] of newcomers) {
      const { driver, person } = holder;
      const requests = [driver.registration(newcomer), driver.signIn(person), ...(WRITES[driver.name]?.(holder) ?? [])];
      for (const request of requests) {
        const answer = await ask(url, request);
        expect({ path: request.path, ...whole(answer) }).toEqual({
          path: request.path,
          ...driver.refusals.storeFailing,
        });
        expect(answer.headers['retry-after']).toBe('5');
      }
    }
    for (const { driver, person, credential } of people.filter((holder) => !isOpaque(holder)))
      expect(whole(await ask(url, driver.guarded(credential)))).toEqual(driver.passed(person));
    expect(await get('/.well-known/jwks.json')).toEqual(keys);
    expect(await get('/health')).toEqual({ status: 200, body: { status: 'success' } });
    expect(await get('/health/ready')).toEqual(readiness('degraded', 'degraded'));
    // Its end cannot be pushed on, which is no reason to refuse it.
    const said = (text: string): string[] => output.filter((line) => line.includes(text));
    const NOT_EXTENDED = 'The end of an opaque token could not be pushed on.';
    const USAGE_WAITS = 'Usage could not be written; it is counted on.';
    const use = async (): Promise<number> => {
      expect(await get('/account', opaque)).toEqual(account);
      return Math.min(said(NOT_EXTENDED).length, said(USAGE_WAITS).length);
    };
    await expect.poll(use, { timeout: HANGS_MS }).toBeGreaterThan(0);

    disk.makeRoom(service);

    await expect.poll(() => get('/health/ready'), { timeout: HANGS_MS }).toEqual(readiness('ok', 'up'));
    // Once a minute, however often it was tried.
    expect(Math.max(said(NOT_EXTENDED).length, said(USAGE_WAITS).length)).toBeLessThanOrEqual(2);
    expect(await get('/account', opaque)).toEqual(account);
    for (const [holder, newcomer] of newcomers) {
      const { driver, person, signedIn, credential } = holder;
      if (!isOpaque(holder)) expect(whole(await ask(url, driver.guarded(credential)))).toEqual(driver.passed(person));
      if (driver === tokenPair) expect(whole(await ask(url, refreshing(signedIn)))).toEqual(driver.signedIn(person));
      expect(whole(await ask(url, driver.signIn(person)))).toEqual(driver.signedIn(person));
      expect(whole(await ask(url, driver.registration(newcomer)))).toEqual(driver.registered(newcomer));
    }

    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(service.errors()).toBe('');
    const database = new Database(join(disk.folder, 'data', 'latchkey.db'), { readonly: true });
    expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    database.close();
  });
});
