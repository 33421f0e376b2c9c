import { randomInt } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { sized } from '../runner/size.js';
import { send } from '../support/http.js';
import { holder } from '../support/holders.js';
import { IN_BODY, IN_HEADER, type Pair, PairClient } from '../support/pairs.js';
import { needing } from '../support/needs.js';
import { newPerson, type Person } from '../support/people.js';
import { afterPowerCut, canTrace, type Reached, startTraced } from '../support/power-cut.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from '../support/process.js';
import { type Environment, ON_SQLITE } from '../support/service.js';
import { type StartedService, startIn } from '../support/started.js';
import { whole } from '../support/whole.js';

/** Number of disk states to check, out of those that a power cut may leave. */
const STATES = sized({ small: 4, full: 20 });

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 120_000;

/** How long the parts of SQLite's write-ahead log are, in bytes, for pages of 4096. */
const WAL_HEADER = 32;
const WAL_FRAME = 24 + 4096;

const NEW_PASSWORD = 'NewSecret1234';

/** Settings of all its services. This process compares their hashes too, so `NODE_OPTIONS` must not make them cheap. */
const SETTINGS = {
  ...ON_SQLITE,
  PUBLIC_URL: 'http://latchkey.test',
  LIMITS: 'off',
  SESSIONS_PER_ACCOUNT: '10000',
  BCRYPT_COST: '10',
  NODE_OPTIONS: '',
};

async function settings(synchronous: string): Promise<Environment> {
  return { ...SETTINGS, PORT: await freePort(), SQLITE_SYNCHRONOUS: synchronous };
}

async function start(folder: string, synchronous: string): Promise<ServiceProcess> {
  const service = startProcess(folder, await settings(synchronous));
  await service.listening;
  return service;
}

/** People whose accounts and sessions are on the disk. */
interface People {
  readonly refreshing: { readonly person: Person; readonly pair: Pair };
  readonly leaving: { readonly person: Person; readonly pair: Pair };
  readonly changing: { readonly person: Person; readonly credential: string };
}

async function people({ url }: StartedService): Promise<People> {
  const pairs = new PairClient(url);
  return {
    refreshing: await pairs.newcomer(),
    leaving: await pairs.newcomer(),
    changing: await holder(url, opaqueToken),
  };
}

/** What was answered shortly before the power cut: an account, and the tokens of the third refresh. */
interface Answered {
  readonly newcomer: Person;
  readonly pair: Pair;
}

async function act({ url }: ServiceProcess, { refreshing, leaving, changing }: People): Promise<Answered> {
  const pairs = new PairClient(url);
  const { person: newcomer } = await pairs.newcomer();
  let { pair } = refreshing;
  for (let i = 0; i < 3; i++) pair = (await pairs.refresh(pair.refresh)).json as Pair;
  const authorization = `Bearer ${leaving.pair.access}`;
  const signedOut = await send('DELETE', `${url}/account/sessions/current`, { headers: { authorization } });
  const changed = await send('POST', `${url}/change-password`, {
    headers: { authorization: `Bearer ${changing.credential}` },
    body: { old_password: changing.person.password, new_password: NEW_PASSWORD },
  });
  expect([signedOut.status, changed.status]).toEqual([204, 200]);
  return { newcomer, pair };
}

/** What a service still knows of the acts. */
async function stillKnown({ url }: StartedService, before: People, { newcomer, pair }: Answered): Promise<object> {
  const pairs = new PairClient(url);
  const signIn = async (person: Person): Promise<number> => (await pairs.signIn(person)).status;
  return {
    registration: await signIn(newcomer),
    formerPassword: await signIn(before.changing.person),
    newPassword: await signIn({ ...before.changing.person, password: NEW_PASSWORD }),
    signedOut: whole(await pairs.getUser(before.leaving.pair.access)),
    answeredRefresh: whole(await pairs.refresh(pair.refresh)),
  };
}

const NEW_PAIR = tokenPair.signedIn(newPerson());

/** Opens a database as a power cut left it, and counts the accounts of somebody. */
function countIn(folder: string, { username }: Person): unknown {
  const database = new Database(join(folder, 'latchkey.db'));
  expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const count = database.prepare('SELECT count(*) FROM users WHERE username = ?').pluck().get(username);
  database.close();
  return count;
}

/** Stops a service with people of its own, and tells where a copy is of what is on the disk then. */
async function prepare(folder: string, synchronous: string): Promise<{ before: string; known: People }> {
  const service = await startIn(folder, { ...SETTINGS, SQLITE_SYNCHRONOUS: synchronous });
  const known = await people(service);
  await service.stop();
  const before = join(emptyFolder(), 'data');
  cpSync(join(folder, 'data'), before, { recursive: true });
  return { before, known };
}

/** Lets a service answer acts, and tells what was on the disk before and what it has done to that. */
async function cut(synchronous: 'NORMAL' | 'FULL'): Promise<{
  readonly before: string;
  readonly known: People;
  readonly answered: Answered;
  readonly steps: Parameters<typeof afterPowerCut>[1];
}> {
  const folder = emptyFolder();
  const prepared = await prepare(folder, synchronous);
  const { service, kill } = await startTraced(folder, await settings(synchronous));
  const answered = await act(service, prepared.known);
  return { ...prepared, answered, steps: await kill() };
}

async function startOn(DATA_DIR: string): Promise<StartedService> {
  const service = await startIn(dirname(DATA_DIR), SETTINGS);
  onTestFinished(() => service.stop());
  return service;
}

/**
 * Demands that a service knows nothing of the acts, all that was before them, and ends no session for that.
 * @param registration how a sign-in of somebody is answered whose registration was answered
 */
async function demandTakenBack(
  service: StartedService,
  before: People,
  answered: Answered,
  registration: number,
): Promise<void> {
  expect(await stillKnown(service, before, answered)).toEqual({
    registration,
    formerPassword: 200,
    newPassword: 401,
    signedOut: tokenPair.passed(before.leaving.person),
    answeredRefresh: IN_BODY.notValid,
  });
  const { refresh } = before.refreshing.pair;
  expect(whole(await new PairClient(service.url).refresh(refresh))).toEqual(NEW_PAIR);
}

const anyhow: Reached = () => (['yes', 'no', 'half'] as const)[randomInt(3)] ?? 'no';

const TRACING = needing(canTrace() ? undefined : 'strace, and the right to use it');

describe('A power cut', { timeout: HANGS_MS, ...TRACING }, () => {
  it('takes nothing back that was answered, with SQLITE_SYNCHRONOUS=FULL', async () => {
    const { before, known, answered, steps } = await cut('FULL');
    for (let i = 0; i < STATES; i++) expect(countIn(afterPowerCut(before, steps, anyhow), answered.newcomer)).toBe(1);
    expect(await stillKnown(await startOn(afterPowerCut(before, steps)), known, answered)).toEqual({
      registration: 200,
      formerPassword: 401,
      newPassword: 200,
      signedOut: IN_HEADER.notValid,
      answeredRefresh: NEW_PAIR,
    });
  });

  it('takes back the last moments with NORMAL, but no account: a token ahead of its row is refused and is no reuse', async () => {
    const { before, known, answered, steps } = await cut('NORMAL');
    for (let i = 0; i < STATES; i++) expect(countIn(afterPowerCut(before, steps, anyhow), answered.newcomer)).toBe(1);
    await demandTakenBack(await startOn(afterPowerCut(before, steps)), known, answered, 200);
  });
});

describe('A write-ahead log that breaks off', { timeout: HANGS_MS }, () => {
  it('takes back what comes behind the break, wherever that is, and nothing else', async () => {
    const folder = emptyFolder();
    const { before, known } = await prepare(folder, 'NORMAL');
    const service = await start(folder, 'NORMAL');
    const answered = await act(service, known);
    service.kill('SIGKILL');
    await service.ended;
    const log = readFileSync(join(folder, 'data', 'latchkey.db-wal'));
    const broken = (at: number): string => {
      const copy = join(emptyFolder(), 'data');
      cpSync(before, copy, { recursive: true });
      writeFileSync(join(copy, 'latchkey.db-wal'), log.subarray(0, at));
      return copy;
    };
    expect(countIn(broken(log.length), answered.newcomer)).toBe(1);
    for (let i = 0; i < STATES; i++) {
      const frames = WAL_HEADER + randomInt(Math.floor(log.length / WAL_FRAME)) * WAL_FRAME;
      for (const at of [frames, frames + randomInt(WAL_FRAME)])
        expect(countIn(broken(at), known.refreshing.person)).toBe(1);
    }
    await demandTakenBack(await startOn(broken(0)), known, answered, 401);
  });
});
