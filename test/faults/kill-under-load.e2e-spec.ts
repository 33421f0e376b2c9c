import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import { basic } from '../drivers/basic.driver.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { sized } from '../runner/size.js';
import { ask } from '../support/holders.js';
import { send } from '../support/http.js';
import {
  type Changer,
  type Ledger,
  load,
  prepare,
  refreshing,
  type Refresher,
  type Registration,
} from '../support/ledger.js';
import { pairOf } from '../support/pairs.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from '../support/process.js';
import type { Environment } from '../support/service.js';
import { whole } from '../support/whole.js';

/** How often the service is killed. */
const ROUNDS = sized({ small: 1, full: 2 });

/** The kill comes within so many answers after the first of each kind. */
const WITHIN_ANSWERS = sized({ small: 60, full: 300 });

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 180_000;

const CHANGERS = 2;
const REFRESHERS = 3;

const SETTINGS = {
  PUBLIC_URL: 'http://latchkey.test',
  LIMITS: 'off',
  SESSIONS_PER_ACCOUNT: '10000',
  EMAIL_VERIFICATION: 'off',
  // Starting again may take long where much else runs.
  REFRESH_GRACE: '600',
};

async function start(folder: string, settings: Environment): Promise<ServiceProcess> {
  const service = startProcess(folder, { PORT: await freePort(), ...SETTINGS, ...settings });
  await service.listening;
  return service;
}

/** Kills a service while everybody acts, at a random moment after each kind of act was answered. */
async function killUnderLoad(service: ServiceProcess): Promise<Ledger> {
  const ledger = await prepare(service.url, CHANGERS, REFRESHERS);
  let further = randomInt(WITHIN_ANSWERS);
  ledger.onAnswer = () => {
    const { registered, ended, changes, rotations } = ledger;
    if (Math.min(registered.length - 4, ended.length, changes, rotations) > 0 && --further < 0) service.kill('SIGKILL');
  };
  await load(service.url, ledger);
  expect(await service.ended).toBe('SIGKILL');
  expect(ledger.wrong).toEqual([]);
  return ledger;
}

/** Another contract than the one that somebody registered through, which knows the same name. */
function another({ driver }: Registration): Registration['driver'] {
  if (driver === basic) return basic;
  return driver === tokenPair ? opaqueToken : driver === bareToken ? tokenPair : bareToken;
}

/** Every answered end of a session counts from the first request on. */
async function demandEnded(url: string, { ended }: Ledger): Promise<void> {
  for (const { use, refused } of ended) expect(whole(await ask(url, use))).toEqual(refused);
}

/** Every answered account is there for another contract too; one in doubt is there wholly, or its names are free. */
async function demandAccounts(url: string, { registered, doubtfullyRegistered }: Ledger): Promise<void> {
  const signsIn = async (registration: Registration): Promise<void> => {
    const driver = another(registration);
    const { person } = registration;
    expect(whole(await ask(url, driver.signIn(person)))).toEqual(driver.signedIn(person));
  };
  const isWholeOrNot = async (registration: Registration): Promise<void> => {
    const { driver, person } = registration;
    const again = whole(await ask(url, driver.registration(person)));
    expect(again).toEqual((again.status < 300 ? driver.registered : driver.refusals.taken)(person));
    await signsIn(registration);
  };
  await Promise.all([...registered.map(signsIn), ...doubtfullyRegistered.map(isWholeOrNot)]);
}

/** Just one password of each account counts: that of the last answered change, or that of the one in doubt. */
async function demandPasswords(url: string, { person, token, password, doubtful, former }: Changer): Promise<void> {
  const counts = async (given: string | undefined): Promise<boolean> =>
    given !== undefined && (await ask(url, tokenPair.signIn({ ...person, password: given }))).status === 200;
  const [last, next, before] = [await counts(password), await counts(doubtful), await counts(former)];
  expect({ counting: Number(last) + Number(next), before }).toEqual({ counting: 1, before: false });
  const account = await send('GET', `${url}/account`, { headers: { authorization: `Bearer ${token}` } });
  // A change keeps the session that asks for it; one that is cut short may end it.
  expect(last ? [200] : [200, 401]).toContain(account.status);
}

/** The refresh token of the last answer counts, and gives one successor however often it is asked for. */
async function demandRefreshed(url: string, { person, pair }: Refresher): Promise<void> {
  expect(whole(await ask(url, tokenPair.guarded(pair.access)))).toEqual(tokenPair.passed(person));
  const { refresh } = pairOf(await ask(url, refreshing(pair.refresh)));
  expect(pairOf(await ask(url, refreshing(pair.refresh))).refresh).toBe(refresh);
  expect(whole(await ask(url, refreshing(refresh)))).toEqual(tokenPair.signedIn(person));
}

async function demandAll(url: string, ledger: Ledger): Promise<void> {
  await Promise.all(ledger.refreshers.map((refresher) => demandRefreshed(url, refresher)));
  await Promise.all([demandAccounts(url, ledger), ...ledger.changers.map((changer) => demandPasswords(url, changer))]);
}

/** What there must be none of, whatever was cut short: each a statement that counts it. */
const NO_SUCH = [
  "FROM users WHERE password_hash NOT LIKE '$2b$10$%' OR status <> 'active'",
  'FROM sessions WHERE user_id NOT IN (SELECT id FROM users)',
].map((what) => `SELECT count(*) AS count ${what}`);

describe('kill -9 under load, with SQLite', { timeout: HANGS_MS }, () => {
  it('loses nothing that was answered and leaves nothing half done, however often', async () => {
    const folder = emptyFolder();
    const file = join(folder, 'data', 'latchkey.db');
    let service = await start(folder, {});
    for (let round = 0; round < ROUNDS; round++) {
      const ledger = await killUnderLoad(service);
      service = await start(folder, {});
      await demandEnded(service.url, ledger);
      const database = new Database(file, { readonly: true });
      expect(NO_SUCH.map((statement) => database.prepare(statement).pluck().get())).toEqual(NO_SUCH.map(() => 0));
      database.close();
      await demandAll(service.url, ledger);
    }
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    const database = new Database(file, { readonly: true });
    expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    database.close();
  });
});

describe('kill -9 of one of two instances under load, with PostgreSQL', { timeout: HANGS_MS }, () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('loses nothing that was answered and leaves nothing half done, for the other one either', async () => {
    const settings = await postgres.createDatabase('killed');
    const other = await start(emptyFolder(), settings);
    let service = await start(emptyFolder(), settings);
    for (let round = 0; round < ROUNDS; round++) {
      const ledger = await killUnderLoad(service);
      for (const { use, refused } of ledger.ended)
        await expect.poll(async () => whole(await ask(other.url, use)), { timeout: 30_000 }).toEqual(refused);
      service = await start(emptyFolder(), settings);
      await demandEnded(service.url, ledger);
      const connection = await postgres.connect('killed');
      for (const statement of NO_SUCH) expect(Number((await connection.query(statement)).rows[0]?.count)).toBe(0);
      await connection.end();
      await demandAll(other.url, ledger);
    }
  });
});
