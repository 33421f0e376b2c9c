import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { latchkeyProcess } from '../cli/run.js';
import { DRIVERS } from '../drivers/index.js';
import { ask, type Holder, holders } from '../support/holders.js';
import { send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { SHARED_SECRET } from '../support/postgres-names.js';
import { type AtEnd, emptyFolder, freePort, type ServiceProcess, startProcess } from '../support/process.js';
import { whole } from '../support/whole.js';

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 120_000;

/** Requests that the service must answer while one write waits for the lock; a thread that waits itself answers one or two. */
const ANSWERED_MEANWHILE = 10;

/** Writes that one address sends at once: several times as many as requests of a site are worked on at a time. */
const WRITES = 40;

/** A lock that is held longer than a request waits for it, and shorter than a command or a start does, in milliseconds. */
const HELD_MS = 1500;

async function start(folder: string, atEnd?: AtEnd): Promise<ServiceProcess> {
  const env = { PORT: await freePort(), EMAIL_VERIFICATION: 'off', LIMITS: 'off', LATCHKEY_SECRET: SHARED_SECRET };
  const service = startProcess(folder, env, atEnd && { atEnd });
  await service.listening;
  return service;
}

/** Another program's connection to the database of a service: this process's. */
function connect(folder: string): Database.Database {
  const other = new Database(join(folder, 'data', 'latchkey.db'));
  onTestFinished(() => void other.close());
  return other;
}

/** Lets the lock go after a while, in which whoever wants it has to wait. */
function commitLater(other: Database.Database): void {
  const later = setTimeout(() => other.exec('COMMIT'), HELD_MS);
  onTestFinished(() => clearTimeout(later));
}

const ends: (() => void)[] = [];
const folder = emptyFolder((end) => ends.unshift(end));
let service: ServiceProcess;
let people: Holder[];

beforeAll(async () => {
  service = await start(folder, (end) => ends.unshift(end));
  people = await holders(service.url);
});
afterAll(async () => {
  for (const end of ends) end();
});

describe.each(['IMMEDIATE', 'EXCLUSIVE'])('Another process that holds BEGIN %s', { timeout: HANGS_MS }, (kind) => {
  it('costs each contract’s writes 503, and reads nothing; then all is as before', async () => {
    const { url } = service;
    const other = connect(folder);

    other.exec(`BEGIN ${kind}`);
    const refused = people.map(async ({ driver, person }) => {
      for (const request of [driver.registration(driver.newPerson()), driver.signIn(person)]) {
        const answer = await ask(url, request);
        expect(whole(answer)).toEqual(driver.refusals.storeFailing);
        expect(answer.headers['retry-after']).toBe('5');
      }
    });
    for (const { driver, person, credential } of people)
      expect(whole(await ask(url, driver.guarded(credential)))).toEqual(driver.passed(person));
    await Promise.all(refused);
    other.exec('COMMIT');

    for (const { driver, person, credential } of people) {
      expect(whole(await ask(url, driver.guarded(credential)))).toEqual(driver.passed(person));
      expect(whole(await ask(url, driver.signIn(person)))).toEqual(driver.signedIn(person));
      const newcomer = driver.newPerson();
      expect(whole(await ask(url, driver.registration(newcomer)))).toEqual(driver.registered(newcomer));
    }
  });

  it('holds up no read behind the writes of the same address', async () => {
    const { url } = service;
    const [{ driver, credential }] = people as [Holder];
    const other = connect(folder);
    other.exec(`BEGIN ${kind}`);
    const refused: number[] = [];
    const writing = Array.from({ length: WRITES }, async () => {
      const body = { email: newPerson().email };
      refused.push((await send('POST', `${url}/password-reset`, { body })).status);
    });
    let answered = 0;
    for (; refused.length < WRITES; answered++) {
      expect((await send('GET', `${url}/.well-known/jwks.json`)).status).toBe(200);
      expect((await ask(url, driver.guarded(credential))).status).toBe(200);
    }
    await Promise.all(writing);
    expect([...new Set(refused)]).toEqual([503]);
    expect(answered).toBeGreaterThan(ANSWERED_MEANWHILE);
  });

  it('does not keep the thread from answering', async () => {
    const { url } = service;
    const other = connect(folder);
    other.exec(`BEGIN ${kind}`);
    const refused: string[] = [];
    const writing = DRIVERS.map(async (driver) => {
      await ask(url, driver.registration(driver.newPerson()));
      refused.push(driver.name);
    });
    let answered = 0;
    while (refused.length === 0) {
      expect((await send('GET', `${url}/health`)).status).toBe(200);
      answered++;
    }
    expect(answered).toBeGreaterThan(ANSWERED_MEANWHILE);
    await Promise.all(writing);
  });
});

describe('Another process that holds a lock for a moment', { timeout: HANGS_MS }, () => {
  it('delays a command beside the service', async () => {
    const other = connect(folder);
    other.exec('BEGIN IMMEDIATE');
    commitLater(other);
    const env = { LATCHKEY_SECRET: SHARED_SECRET };
    const created = await latchkeyProcess({ folder, env }, 'client', 'create', 'test', '--scope', 'introspect');
    expect(created).toMatchObject({ code: 0, stdout: expect.stringContaining('client_secret') });
  });

  it('delays a start, with a schema to be made or without', async () => {
    const empty = emptyFolder();
    mkdirSync(join(empty, 'data'), { mode: 0o700 });
    const other = connect(empty);
    other.pragma('journal_mode = WAL');
    for (let starts = 0; starts < 2; starts++) {
      other.exec('BEGIN IMMEDIATE');
      commitLater(other);
      const started = await start(empty);
      started.kill('SIGTERM');
      expect(await started.ended).toBe(0);
    }
  });
});

describe('Another process that holds a lock for good', { timeout: HANGS_MS }, () => {
  it('does not keep SIGTERM from ending the service, with an answer to who waits', async () => {
    const [{ driver, person }] = people as [Holder];
    const before = service.output.length;
    connect(folder).exec('BEGIN IMMEDIATE');
    const isRefused = (): boolean => service.output.slice(before).some((line) => line.includes('SQLITE_BUSY'));
    const waiting = ask(service.url, driver.signIn(person));
    await expect.poll(isRefused).toBe(true);
    service.kill('SIGTERM');
    expect(whole(await waiting)).toEqual(driver.refusals.storeFailing);
    expect(await service.ended).toBe(0);
    expect(service.errors()).toBe('');
  });

  it('has a command that cannot be put on record print one line, and no result', async () => {
    connect(folder).exec('BEGIN IMMEDIATE');
    const env = { LATCHKEY_SECRET: SHARED_SECRET };
    const commands = [
      ['account', 'find', 'e'],
      ['sessions', 'list'],
      ['audit', 'export'],
      ['account', 'reset-password', '2147483647'],
    ];
    const endings = await Promise.all(commands.map((command) => latchkeyProcess({ folder, env }, ...command)));
    for (const ending of endings)
      expect(ending).toEqual({
        code: 1,
        stdout: '',
        stderr:
          'The audit trail could not be written. The embedded database is locked by another process, and stayed so for seconds.\n',
      });
  });

  it('ends a start in one line', async () => {
    connect(folder).exec('BEGIN IMMEDIATE');
    const next = startProcess(folder, { PORT: await freePort(), LATCHKEY_SECRET: SHARED_SECRET });
    expect(await next.ended).toBe(1);
    expect(next.errors()).toBe(
      'data/latchkey.db is locked by another process, and stayed so for 5 s. Find it, for example with: fuser data/latchkey.db\n',
    );
  });
});
