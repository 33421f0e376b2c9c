import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { newPerson } from '../support/people.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { emptyFolder } from '../support/process.js';
import type { Environment } from '../support/service.js';
import { latchkey, latchkeyProcess } from './run.js';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const PUBLIC_URL = 'http://localhost:3000';

async function settings(name: string): Promise<Environment> {
  return { ...(await postgres.createDatabase(name)), PUBLIC_URL };
}

describe('latchkey on PostgreSQL', () => {
  it('migrates once, even when asked for at the same time', async () => {
    const here = { folder: emptyFolder(), env: await settings('migrate') };
    const both = await Promise.all([latchkeyProcess(here, 'migrate'), latchkeyProcess(here, 'migrate')]);
    expect(both.map(({ stdout }) => stdout).sort()).toEqual([
      'Nothing to do: the database is up to date.\n',
      MIGRATIONS.map(({ name }) => `ran ${name}\n`).join(''),
    ]);
  });

  it('makes the first administrator in an empty database, rotates keys, and is well', async () => {
    const here = { folder: emptyFolder(), env: await settings('first') };
    const { username } = newPerson();
    expect(await latchkeyProcess({ ...here, input: 'Aurora borealis 7\n' }, 'admin', 'create', username)).toEqual({
      code: 0,
      stdout: `created administrator ${username}, account 1\n`,
      stderr: '',
    });
    expect((await latchkey(here, 'keys', 'rotate')).stdout).toMatch(/^published \S{43}, which signs from \S+\n$/);
    const { code, stdout } = await latchkey(here, 'doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {4}database {2}PostgreSQL \d+\.\S+ answers\n/m);
    expect(stdout).toMatch(/^ok {4}clock {5}the clocks here and of the database are 0\.\d s apart\n/m);
    const connection = await postgres.connect('first');
    const { rows } = await connection.query('SELECT kind, actor FROM audit_events ORDER BY id');
    await connection.end();
    expect(rows).toEqual(['account_created', 'key_published'].map((kind) => ({ kind, actor: 'command line' })));
  });

  it('tells in one line that the database cannot be reached, and never the password of it', async () => {
    const env = { ...(await settings('gone')), DATABASE_URL: 'postgres://latchkey:hush@127.0.0.1:1/latchkey' };
    const here = { folder: emptyFolder(), env };
    const stderr = 'The database cannot be used: connect ECONNREFUSED 127.0.0.1:1\n';
    expect(await latchkey(here, 'keys', 'list')).toEqual({ code: 1, stdout: '', stderr });
    const { code, stdout } = await latchkey(here, 'doctor');
    expect(code).toBe(1);
    expect(stdout).toContain('fail  database  it cannot be used: connect ECONNREFUSED 127.0.0.1:1 -> ');
    expect(stdout).not.toContain('hush');
  });
});
