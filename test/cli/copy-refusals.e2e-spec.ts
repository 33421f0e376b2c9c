import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { emptyFolder } from '../support/process.js';
import { type Environment, startService } from '../support/service.js';
import { type Ending, latchkey, latchkeyProcess, stored } from './run.js';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

interface Installation {
  readonly folder: string;
  readonly name: string;
  /** The settings of the service after the move. */
  readonly env: Environment;
}

/** A folder with an embedded database that has a key, and an empty database to move it to. */
async function install(): Promise<Installation> {
  const folder = emptyFolder();
  await latchkey({ folder }, 'migrate');
  await latchkey({ folder }, 'keys', 'rotate');
  const name = `copy_${randomUUID().replaceAll('-', '_')}`;
  const { DATABASE_URL = '' } = await postgres.createDatabase(name);
  return {
    folder,
    name,
    env: { DATABASE_URL, PUBLIC_URL: 'http://id.example.com', LATCHKEY_SECRET_FILE: 'data/secret' },
  };
}

/** Changes an embedded database as no service does. */
function tamper(folder: string, ...statements: string[]): void {
  const database = new Database(join(folder, 'data', 'latchkey.db'));
  for (const statement of statements) database.exec(statement);
  database.close();
}

const frozenIn = (folder: string): object[] =>
  stored(
    join(folder, 'data'),
    `SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'account_names%'`,
  );

async function refusedWith(folder: string, env: Environment, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await latchkey({ folder, env }, 'copy', ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

/** Of the URL of a database, the one without a password. */
const withoutPassword = (url = ''): string => url.replace(':postgres@', '@');

const NOT_EMPTY =
  'If that is an earlier copy, it is complete. If a service made it, give an empty database: none may have started there yet.\n';

describe('latchkey copy refuses in one line, and freezes nothing,', () => {
  it.each([
    ['nowhere to copy to', [], 'Copy where to? Give --to postgres://user@host/database, or set DATABASE_URL.\n'],
    ...['mysql://root:hush@localhost/x', 'postgres://', 'data', ''].map((to) => [
      `--to ${JSON.stringify(to)}`,
      ['--to', to],
      to === ''
        ? 'Copy where to? Give --to postgres://user@host/database, or set DATABASE_URL.\n'
        : '--to is not allowed. Allowed: a URL with the scheme postgres or postgresql, such as postgres://latchkey@localhost/latchkey.\n',
    ]),
    ...['postgres://root:hush@localhost/x', 'data', 'sqlite:'].map((from) => [
      `--from ${from}`,
      ['--from', from, '--to', 'postgres://localhost/x'],
      '--from is not allowed. Allowed: sqlite: and a folder or a file, such as sqlite:./data.\n',
    ]),
    ...['nowhere', 'nowhere/latchkey.db', '.'].map((place) => [
      `--from sqlite:${place}`,
      ['--from', `sqlite:${place}`, '--to', 'postgres://localhost/x'],
      `There is no database at ${place === '.' ? 'latchkey.db' : place}.\n`,
    ]),
  ] as [string, string[], string][])('%s', async (_what, args, line) => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    const stderr = await refusedWith(folder, {}, ...args);
    expect(stderr.replace(/^Warning: .*\n/, '')).toBe(line);
    expect(stderr).not.toContain('hush');
    expect(frozenIn(folder)).toEqual([]);
  });

  it('a database that a service has started on', async () => {
    const { folder, env } = await install();
    const { LATCHKEY_SECRET_FILE = '', ...rest } = env;
    const service = await startService({ ...rest, LATCHKEY_SECRET_FILE: join(folder, LATCHKEY_SECRET_FILE) });
    await service.stop();
    expect(await refusedWith(folder, env)).toMatch(
      new RegExp(`^The database to copy into is not empty: something is in .*signing_keys.*\\. ${NOT_EMPTY}$`),
    );
    expect(frozenIn(folder)).toEqual([]);
  });

  it('a second copy into the same database, and leaves what the first one froze', async () => {
    const { folder, env } = await install();
    expect((await latchkey({ folder, env }, 'copy')).code).toBe(0);
    expect(await refusedWith(folder, env)).toBe(
      `The database to copy into is not empty: something is in signing_keys, audit_events. ${NOT_EMPTY}`,
    );
    expect(frozenIn(folder)).not.toEqual([]);
  });

  it('a database of a newer version, on either side', async () => {
    const { folder, name, env } = await install();
    await latchkey({ folder, env }, 'migrate');
    const connection = await postgres.connect(name);
    await connection.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Later1')`);
    await connection.end();
    expect(await refusedWith(folder, env)).toBe(
      'The database to copy into is not one of this version: it has run Later1. Give an empty one.\n',
    );
    tamper(folder, `INSERT INTO migrations (timestamp, name) VALUES (1, 'Later1')`);
    expect(await refusedWith(folder, env)).toBe(
      'data/latchkey.db is of a newer version, which has run Later1. Use the command line of that version.\n',
    );
    expect(frozenIn(folder)).toEqual([]);
  });

  it('a database of an older version', async () => {
    const { folder, env } = await install();
    const last = MIGRATIONS.at(-1)?.name;
    tamper(folder, `DELETE FROM migrations WHERE name = '${last}'`);
    expect(await refusedWith(folder, env)).toBe(
      `data/latchkey.db is of an older version: ${last} was not run. Run this version of the service on it first.\n`,
    );
  });

  it('a file that is no database, or none of Latchkey', async () => {
    const { folder, env } = await install();
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other', 'a.db'), '');
    expect(await refusedWith(folder, env, '--from', 'sqlite:other/a.db')).toBe(
      'other/a.db is no database of Latchkey.\n',
    );
    writeFileSync(join(folder, 'other', 'b.db'), 'no database, but long enough to look like one'.repeat(40));
    expect(await refusedWith(folder, env, '--from', 'sqlite:other/b.db')).toBe(
      'The database cannot be used: file is not a database\n',
    );
  });

  it('text with a NUL, which PostgreSQL does not take', async () => {
    const { folder, env } = await install();
    tamper(
      folder,
      `INSERT INTO service_clients (id, name, secret_hash, scopes, created_at)
       VALUES ('svc_1', 'a' || char(0), '', '', '2026-01-01 00:00:00.000')`,
    );
    expect(await refusedWith(folder, env)).toBe(
      'service_clients.name holds a NUL, which PostgreSQL does not take, in the row "svc_1".\n',
    );
    expect(frozenIn(folder)).toEqual([]);
  });

  it('a value of another type', async () => {
    const { folder, env } = await install();
    tamper(folder, `INSERT INTO password_costs (cost) VALUES (99999999999)`);
    expect(await refusedWith(folder, env)).toBe(
      'The copy failed, and nothing was copied: value "99999999999" is out of range for type integer.\n',
    );
    expect(frozenIn(folder)).toEqual([]);
  });

  it('--undo together with --to', async () => {
    expect(
      await latchkeyProcess({ folder: emptyFolder() }, 'copy', '--undo', '--to', 'postgres://localhost/x'),
    ).toEqual({
      code: 2,
      stdout: '',
      stderr: "error: option '--undo' cannot be used with option '--to <url>'\n",
    });
  });
});

describe('the password of the database that latchkey copy copies into', () => {
  const settings = { PUBLIC_URL: 'http://id.example.com' };

  async function copyInto(env: Environment, input: string, to = withoutPassword): Promise<Ending & { url: string }> {
    const { folder, env: moved } = await install();
    const url = to(moved.DATABASE_URL);
    const ending = await latchkey({ folder, env: { ...settings, ...env }, input }, 'copy', '--to', url);
    return { ...ending, url };
  }

  it('is read from standard input where the URL has none', async () => {
    const { code, stderr, url } = await copyInto({}, 'postgres\n');
    expect({ code, copied: stderr.split('. ', 1)[0] }).toEqual({ code: 0, copied: `Copied into ${url}` });
  });

  it('is not asked for where PGPASSWORD has it', async () => {
    expect((await copyInto({ PGPASSWORD: 'postgres' }, '')).code).toBe(0);
  });

  it('counts as an argument, with a warning, and is not printed', async () => {
    const { code, stdout, stderr } = await copyInto({}, '', (url = '') => url);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Warning: others on this machine can see the password in --to\. Leave it out, and it is asked for\.\nCopied into postgres:\/\/postgres@/,
    );
    expect(stdout + stderr).not.toContain('postgres:postgres');
  });

  it.each(['no%40:/?#', 'näin 100%'])('is sent as it is, whatever characters it has: %s', async (password) => {
    const { folder, name, env } = await install();
    const role = `r_${randomUUID().replaceAll('-', '_')}`;
    const connection = await postgres.connect(name);
    await connection.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${password}'`);
    const to = withoutPassword(env.DATABASE_URL).replace('postgres@', `${role}@`);
    const ending = await latchkey({ folder, env: settings, input: `${password}\n` }, 'copy', '--to', to);
    expect(ending.code).toBe(0);
    expect(ending.stdout + ending.stderr).not.toContain(password);
    await connection.query(`REASSIGN OWNED BY ${role} TO postgres; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await connection.end();
  });

  it('that is wrong or missing is refused in one line', async () => {
    const refusal = 'The PostgreSQL database cannot be used: password authentication failed for user "postgres"\n';
    expect(await copyInto({}, 'hush\n')).toMatchObject({ code: 1, stdout: '', stderr: refusal });
    expect(await copyInto({}, '')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'There is no password on standard input; nothing was done.\n',
    });
  });
});

describe('latchkey copy', () => {
  it('copies a database without a row', async () => {
    const { folder, env } = await install();
    tamper(folder, 'DELETE FROM signing_keys', 'DELETE FROM audit_events');
    const { code, stdout } = await latchkey({ folder, env }, 'copy', '--json');
    expect(code).toBe(0);
    const copied = JSON.parse(stdout) as { table: string; rows: number }[];
    expect(copied.map(({ rows }) => rows)).toEqual(copied.map(() => 0));
    expect(copied.map(({ table }) => table)).toContain('users');
  });

  it('copies from a file of any name, as a backup is', async () => {
    const { folder, env } = await install();
    const { DATABASE_URL = '', ...rest } = env;
    renameSync(join(folder, 'data', 'latchkey.db'), join(folder, 'data', 'backup.db'));
    const from = `sqlite:${join(folder, 'data', 'backup.db')}`;
    const { code, stdout } = await latchkey(
      { folder, env: { ...rest, DATA_DIR: 'none' } },
      'copy',
      '--from',
      from,
      '--to',
      DATABASE_URL,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^signing_keys +1$/m);
  });

  it('names the setting that the secret comes from', async () => {
    const { env } = await install();
    const { LATCHKEY_SECRET_FILE: _file, ...rest } = env;
    const given = { ...rest, LATCHKEY_SECRET: 'a secret of thirty-two bytes or more' };
    const folder = emptyFolder();
    for (const args of [['migrate'], ['keys', 'rotate']])
      await latchkey({ folder, env: { LATCHKEY_SECRET: given.LATCHKEY_SECRET } }, ...args);
    const { code, stderr } = await latchkey({ folder, env: given }, 'copy');
    expect({ code, stderr: stderr.split('\n') }).toEqual({
      code: 0,
      stderr: [
        `Copied into ${withoutPassword(env.DATABASE_URL)}. data/latchkey.db stays frozen, so that nothing is written there any more. Next:`,
        '1. Stop the service that ran until now.',
        '2. Start it with DATABASE_URL, PUBLIC_URL=http://id.example.com and the same LATCHKEY_SECRET',
        'To go back, as long as no service has run on PostgreSQL: latchkey copy --undo',
        '',
      ],
    });
  });

  it('warns of a secret that the keys are not sealed under', async () => {
    const { folder, env } = await install();
    const { LATCHKEY_SECRET_FILE: _file, ...rest } = env;
    const other = { ...rest, LATCHKEY_SECRET: 'another secret than the keys are under' };
    const { code, stderr } = await latchkey({ folder, env: other }, 'copy');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Warning: the service on PostgreSQL needs the secret of this one\. Signing key \S{43} will not unseal: it was stored under another service secret \(LATCHKEY_SECRET\)\.\n/,
    );
  });
});
