import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { sized } from '../runner/size.js';
import { LATCHKEY } from '../support/built.js';
import { AT_FULL_SIZE, needing } from '../support/needs.js';
import { emptyFolder, freePort, startProcess } from '../support/process.js';
import { ON_SQLITE, startService } from '../support/service.js';
import { type Ending, latchkey, stored } from './run.js';

/** The files of the database that hold rows, and others that there are, by their content. */
function contentOf(data: string): Record<string, string> {
  const hash = (name: string): string =>
    // What SQLite keeps in -shm is made out of -wal anew by whoever needs it.
    name.endsWith('-shm')
      ? ''
      : createHash('sha256')
          .update(readFileSync(join(data, name)))
          .digest('hex');
  const files = readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, hash(name)]));
}

/** Examines a data folder. Answers what is wrong with the database, and the files before and after. */
async function examine(folder: string, data = join(folder, 'data')): Promise<[string[], object, object]> {
  const before = contentOf(data);
  const { stdout } = await latchkey({ folder, env: { DATA_DIR: data } }, 'doctor');
  return [
    stdout.split('\n').filter((line) => / {2}(database|keys|clock) /.test(line) && !line.startsWith('ok')),
    before,
    contentOf(data),
  ];
}

async function migrated(): Promise<string> {
  const folder = emptyFolder();
  await latchkey({ folder }, 'migrate');
  await latchkey({ folder }, 'keys', 'rotate');
  return folder;
}

const ends: (() => void)[] = [];
let left: string;

beforeAll(async () => {
  const atEnd = (end: () => void): void => void ends.unshift(end);
  left = emptyFolder(atEnd);
  const service = startProcess(left, { PORT: await freePort() }, { atEnd });
  await service.listening;
  service.kill('SIGKILL');
  await service.ended;
});
afterAll(() => ends.forEach((end) => end()));

/** A folder as a killed service has left it, with what it wrote last in the log of SQLite. */
function killed(): string {
  const folder = emptyFolder();
  cpSync(left, folder, { recursive: true });
  return folder;
}

describe('latchkey doctor leaves every file as it is', () => {
  it('of a running service', async () => {
    const service = await startService(ON_SQLITE);
    onTestFinished(() => service.stop());
    const { app, dataDir } = service;
    await app.get(AuditLog).flush();
    const [wrong, before, after] = await examine(emptyFolder(), dataDir);
    expect(Object.keys(before)).toContain('latchkey.db-wal');
    expect([wrong, after]).toEqual([[], before]);
  });

  it('of a service that was killed', async () => {
    const [wrong, before, after] = await examine(killed());
    expect(Object.keys(before)).toContain('latchkey.db-wal');
    expect([wrong, after]).toEqual([[], before]);
  });

  it('of a copy of that, but for the file that SQLite reads the log by', async () => {
    const from = join(killed(), 'data');
    const folder = emptyFolder();
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    for (const name of ['latchkey.db', 'latchkey.db-wal', 'secret']) copyFileSync(join(from, name), join(data, name));
    const [wrong, before, after] = await examine(folder);
    expect([wrong, after]).toEqual([[], { ...before, 'latchkey.db-shm': '' }]);
  });

  it('of a service that was stopped', async () => {
    const [wrong, before, after] = await examine(await migrated());
    expect(Object.keys(before)).not.toContain('latchkey.db-wal');
    expect([wrong, after]).toEqual([[], before]);
  });

  it('of a backup without a log', async () => {
    const folder = await migrated();
    stored(join(folder, 'data'), 'PRAGMA journal_mode = DELETE');
    const [wrong, before, after] = await examine(folder);
    expect([wrong, after]).toEqual([[], before]);
  });
});

/** A user without rights: root may do anything, so that its tests run commands as somebody else. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;
const canRun = uid === undefined || spawnSync(process.execPath, [LATCHKEY, '--version'], { uid }).status === 0;

/** Gives the data folder of a folder to the user who runs the commands, with a mode. */
function close(folder: string, mode: number): void {
  const data = join(folder, 'data');
  chmodSync(folder, 0o755);
  if (uid !== undefined)
    for (const path of [data, ...readdirSync(data).map((name) => join(data, name))]) chownSync(path, uid, uid);
  chmodSync(data, mode);
  onTestFinished(() => chmodSync(data, 0o700));
}

const as = (folder: string, ...args: string[]): Promise<Ending> =>
  latchkey({ folder, ...(uid !== undefined && { uid }) }, ...args);

const RUN_AS = 'run this as the user that runs the service';
const FOLDER = `fail  files     DATA_DIR=./data cannot be used (EACCES) -> ${RUN_AS}, and give the folder to that user\n`;

const AS_ANOTHER = needing(canRun ? undefined : 'a folder of the project that other users may read');

/** Commands that need the database. */
const COMMANDS = sized({
  small: [['keys', 'list']],
  full: [
    ['keys', 'list'],
    ['admin', 'create', 'ada'],
  ],
});

describe('a data folder that the user may not use', AS_ANOTHER, () => {
  it('is not taken for an empty one', async () => {
    const folder = await migrated();
    close(folder, 0o000);
    const { code, stdout } = await as(folder, 'doctor');
    expect(code).toBe(1);
    expect(stdout).toContain(FOLDER);
    expect(stdout).toContain(
      `fail  database  it cannot be used: EACCES: permission denied, access 'data/latchkey.db' -> ${RUN_AS}\n`,
    );
    const stderr = 'data/latchkey.db cannot be used (EACCES). Run this as the user that runs the service.\n';
    for (const args of COMMANDS) expect(await as(folder, ...args)).toEqual({ code: 1, stdout: '', stderr });
  });

  it('is said not to be readable where SQLite cannot make the files that it reads by', AT_FULL_SIZE, async () => {
    const folder = await migrated();
    close(folder, 0o500);
    const { code, stdout } = await as(folder, 'doctor');
    expect(code).toBe(1);
    expect(stdout).toContain(FOLDER);
    expect(stdout).toMatch(
      new RegExp(
        `^fail {2}database {2}it cannot be used: .* -> ${RUN_AS}: SQLite needs files of its own beside it$`,
        'm',
      ),
    );
    const stderr = 'DATA_DIR=./data is not allowed. Allowed: a folder that can be made and written (EACCES).\n';
    expect(await as(folder, 'keys', 'list')).toEqual({ code: 1, stdout: '', stderr });
  });

  it('is read where it can be, and left as it is', async () => {
    const folder = killed();
    close(folder, 0o500);
    const before = contentOf(join(folder, 'data'));
    const { stdout } = await as(folder, 'doctor');
    expect(stdout).toContain(FOLDER);
    expect(stdout).toContain('ok    database  SQLite finds the file whole\n');
    expect(contentOf(join(folder, 'data'))).toEqual(before);
  });
});
