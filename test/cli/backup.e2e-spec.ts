import fs, { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { copySnapshot } from '../../src/cli/backup/snapshot.js';
import { canMount, smallFileSystem } from '../support/disks.js';
import { needing } from '../support/needs.js';
import { emptyFolder } from '../support/process.js';
import { type Ending, latchkey, startLatchkey } from './run.js';

/** A folder with a migrated database in `data`. */
async function migrated(): Promise<string> {
  const folder = emptyFolder();
  await latchkey({ folder }, 'migrate');
  return folder;
}

/** Makes a database large, in whatever table: 4 MB for each unit. */
function grow(file: string, units: number): void {
  const database = new Database(file);
  database.exec('CREATE TABLE large (content blob)');
  const row = database.prepare('INSERT INTO large VALUES (randomblob(1000000))');
  for (let rows = 0; rows < 4 * units; rows++) row.run();
  database.close();
}

function refused(stderr: string): Ending {
  return { code: 1, stdout: '', stderr: `${stderr}\n` };
}

describe('latchkey backup', () => {
  it('copies the database into a file for its owner alone, and says where the secret is', async () => {
    const folder = await migrated();
    const ended = await latchkey({ folder }, 'backup', 'backup.db');
    const { size, mode } = statSync(join(folder, 'backup.db'));
    expect(ended).toEqual({
      code: 0,
      stdout: `backup.db: ${size} bytes, checked\n`,
      stderr: `The backup does not contain the service secret and is useless without it. Keep a copy of ${fs.realpathSync(folder)}/data/secret in another place.\n`,
    });
    expect(mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).toSorted()).toEqual(['backup.db', 'data']);
    const secret = readFileSync(join(folder, 'data', 'secret'), 'utf8').trim();
    expect(readFileSync(join(folder, 'backup.db')).includes(secret)).toBe(false);
    const [backup, original] = ['backup.db', 'data/latchkey.db'].map((name) => new Database(join(folder, name)));
    const schema = (database: Database.Database | undefined): unknown[] =>
      database!.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all();
    expect(schema(backup)).toEqual(schema(original));
    for (const database of [backup, original]) database!.close();
  });

  it.each([
    [{ LATCHKEY_SECRET: 'a secret of at least thirty-two bytes' }, 'the value of LATCHKEY_SECRET'],
    [{ LATCHKEY_SECRET_FILE: '/run/secrets/latchkey' }, 'a copy of /run/secrets/latchkey'],
  ])('names the secret of %j', async (env, place) => {
    const folder = await migrated();
    expect(await latchkey({ folder, env }, 'backup', 'backup.db')).toMatchObject({
      code: 0,
      stderr: `The backup does not contain the service secret and is useless without it. Keep ${place} in another place.\n`,
    });
  });

  it('writes over nothing, not even over what came into being meanwhile', async () => {
    const folder = await migrated();
    const said = refused('backup.db exists already. Nothing was overwritten.');
    writeFileSync(join(folder, 'backup.db'), 'before');
    expect(await latchkey({ folder }, 'backup', 'backup.db')).toEqual(said);
    expect(readFileSync(join(folder, 'backup.db'), 'utf8')).toBe('before');
    fs.rmSync(join(folder, 'backup.db'));
    fault('chmodSync', () => writeFileSync(join(folder, 'backup.db'), 'meanwhile'));
    expect(await latchkey({ folder }, 'backup', 'backup.db')).toEqual(said);
    expect(readFileSync(join(folder, 'backup.db'), 'utf8')).toBe('meanwhile');
    expect(readdirSync(folder).toSorted()).toEqual(['backup.db', 'data']);
  });

  it('works on a file system without links', async () => {
    const folder = await migrated();
    fault('linkSync', () => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    expect(await latchkey({ folder }, 'backup', 'backup.db')).toMatchObject({ code: 0 });
    expect(readdirSync(folder).toSorted()).toEqual(['backup.db', 'data']);
  });

  it.each([
    ['a folder that is not there', 'nowhere/backup.db', 'nowhere/backup.db cannot be written (ENOENT).'],
    ['a folder', 'data', 'data exists already. Nothing was overwritten.'],
    ['a link that leads nowhere', 'link', 'link exists already. Nothing was overwritten.'],
  ])('refuses %s', async (_what, file, stderr) => {
    const folder = await migrated();
    fs.symlinkSync('nowhere', join(folder, 'link'));
    expect(await latchkey({ folder }, 'backup', file)).toEqual(refused(stderr));
    expect(readdirSync(folder).toSorted()).toEqual(['data', 'link']);
  });

  it('refuses where there is no database, or an empty one', async () => {
    const folder = emptyFolder();
    expect(await latchkey({ folder }, 'backup', 'backup.db')).toEqual(
      refused('There is no database at data/latchkey.db.'),
    );
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'latchkey.db'), '');
    expect(await latchkey({ folder }, 'backup', 'backup.db')).toEqual(
      refused('The database is empty: the service has never run on it.'),
    );
    expect(readdirSync(folder)).toEqual(['data']);
  });

  it('leaves no copy of a damaged database', async () => {
    const folder = await migrated();
    const file = join(folder, 'data', 'latchkey.db');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 8192, 16_384);
    writeFileSync(file, bytes);
    const { code, stdout, stderr } = await latchkey({ folder }, 'backup', 'backup.db');
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 1, stdout: '', lines: 2 });
    expect(stderr).toMatch(/damaged|malformed/);
    expect(readdirSync(folder)).toEqual(['data']);
  });

  it('names pg_dump for PostgreSQL', async () => {
    const env = {
      DATABASE_URL: 'postgres://db.test/latchkey',
      LATCHKEY_SECRET: 'a secret of at least thirty-two bytes',
      PUBLIC_URL: 'http://latchkey.test',
    };
    expect(await latchkey({ folder: emptyFolder(), env }, 'backup', 'backup.db')).toEqual(
      refused(
        'latchkey backup is for the embedded database. For PostgreSQL, run: pg_dump --format=custom --file=backup.db "$DATABASE_URL"',
      ),
    );
  });

  it(
    'leaves nothing behind on a full disk',
    needing(canMount() ? undefined : 'the right to mount a file system'),
    async () => {
      const folder = await migrated();
      grow(join(folder, 'data', 'latchkey.db'), 2);
      const disk = smallFileSystem();
      const file = join(disk.folder, 'backup.db');
      const { code, stderr } = await latchkey({ folder }, 'backup', file);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: 'The backup failed, and left nothing behind: database or disk is full\n',
      });
      expect(readdirSync(disk.folder)).toEqual([]);
    },
  );

  it('is broken off by a signal, and leaves nothing behind', async () => {
    const folder = await migrated();
    grow(join(folder, 'data', 'latchkey.db'), 40);
    const running = startLatchkey({ folder }, 'backup', 'backup.db');
    await expect.poll(() => readdirSync(folder).length).toBeGreaterThan(1);
    running.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    // On a fast disk it may have been done.
    if (code !== 0) expect(stderr).toBe('Broken off; nothing was backed up.\n');
    expect(readdirSync(folder).toSorted()).toEqual(code === 0 ? ['backup.db', 'data'] : ['data']);
  });
});

describe('A backup while others write', () => {
  it('ends though somebody commits between any two steps, and holds one moment', async () => {
    const folder = await migrated();
    const file = join(folder, 'data', 'latchkey.db');
    grow(file, 5);
    const other = new Database(file);
    onTestFinished(() => void other.close());
    other.exec('CREATE TABLE pairs (id integer PRIMARY KEY, one integer, two integer)');
    let commits = 0;
    const commit = (): void => {
      other.exec(`INSERT INTO pairs (one, two) VALUES (${++commits}, ${commits})`);
    };
    commit();
    await copySnapshot(file, join(folder, 'copy.db'), { throwIfAborted: commit });
    expect(commits).toBeGreaterThan(4);
    const copy = new Database(join(folder, 'copy.db'));
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.prepare('SELECT one, two FROM pairs').all()).toEqual([{ one: 1, two: 1 }]);
    copy.close();
  });
});

/** Lets a call of the file system's do something else first, until the end of the test. */
function fault(name: 'chmodSync' | 'linkSync', before: () => void): void {
  const original = fs[name] as (...given: unknown[]) => void;
  const mock = vi.spyOn(fs, name).mockImplementation((...given: unknown[]) => {
    before();
    original(...given);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    mock.mockRestore();
    syncBuiltinESMExports();
  });
}
