import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sized } from '../runner/size.js';
import { LATCHKEY } from '../support/built.js';
import { AT_FULL_SIZE } from '../support/needs.js';
import { emptyFolder } from '../support/process.js';
import { latchkey, stored, trail } from './run.js';

/** Standard outputs that take nothing. To the command they differ by the error's name alone. */
const BROKEN = [
  { output: 'a full disk', code: 'ENOSPC', path: '/dev/full', options: {} },
  { output: 'a pipe that nobody reads', code: 'EPIPE', path: undefined, options: AT_FULL_SIZE },
].filter(({ path }) => path === undefined || existsSync(path));

/** Runs a command whose standard output takes nothing. Answers its exit code and what it said. */
async function into(path: string | undefined, folder: string, ...args: string[]): Promise<[number | null, string]> {
  const stdout = path === undefined ? 'pipe' : openSync(path, 'w');
  const child = spawn(process.execPath, [LATCHKEY, ...args], {
    cwd: folder,
    env: {},
    stdio: ['ignore', stdout, 'pipe'],
  });
  child.stdout?.destroy();
  if (typeof stdout === 'number') closeSync(stdout);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return [code, stderr];
}

describe.each(BROKEN)('a command whose output goes to $output', ({ code, path, options }) => {
  const said = `The result could not be written to standard output (${code}).`;

  it.each(
    sized({
      small: [[['doctor']]],
      full: [[['help']], [['--version']], [['doctor']], [['doctor', '--json']]],
    }),
  )('fails in one line: %j', options, async (args) => {
    expect(await into(path, emptyFolder(), ...args)).toEqual([1, `${said}\n`]);
  });

  it('does and records what it was asked to do all the same', options, async () => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    expect(await into(path, folder, 'keys', 'rotate')).toEqual([1, `${said}\n`]);
    expect(trail(join(folder, 'data'))).toEqual([expect.objectContaining({ kind: 'key_published' })]);
  });

  it('says how to revoke a client whose secret nobody has seen', options, async () => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    const ending = await into(path, folder, 'client', 'create', 'billing', '--scope', 'revoke');
    const [client] = stored<{ id: string }>(join(folder, 'data'), 'SELECT id FROM service_clients');
    const id = String(client?.id);
    expect(ending).toEqual([1, `${said} Nobody has seen the secret of ${id}. Run: latchkey client revoke ${id}\n`]);
  });
});
