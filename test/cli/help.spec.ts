import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { CLIENT_SCOPES, program } from '../../src/cli/program.js';
import { SCOPES } from '../../src/tokens/service-clients.service.js';
import { emptyFolder } from '../support/process.js';
import { latchkeyProcess } from './run.js';

interface Leaf {
  readonly name: string;
  readonly command: Command;
}

/** The commands that do something, by all their words. */
function leavesOf(command: Command, words: readonly string[]): Leaf[] {
  if (command.commands.length === 0) return [{ name: words.join(' '), command }];
  return command.commands.flatMap((one) => leavesOf(one, [...words, one.name()]));
}

/** Help as it is shown, with what stands before and after it. */
function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

const LEAVES = leavesOf(program('1.2.3'), ['latchkey']);
const DOCUMENT = readFileSync('docs/command-line.md', 'utf8');

describe('latchkey', () => {
  it('has these commands', () => {
    expect(LEAVES.map(({ command, name }) => `${name} ${command.usage()}`)).toEqual([
      'latchkey serve [options]',
      'latchkey migrate [options]',
      'latchkey admin create [options] <name>',
      'latchkey account find [options] <text>',
      'latchkey account email [options] <id> <address>',
      'latchkey account reset-password [options] <id>',
      'latchkey account unlock-pin [options] <id>',
      'latchkey account clear-budgets [options] <id>',
      'latchkey sessions list [options]',
      'latchkey audit export [options]',
      'latchkey client create [options] <name>',
      'latchkey client list [options]',
      'latchkey client scopes [options] <id>',
      'latchkey client revoke [options] <id>',
      'latchkey keys list [options]',
      'latchkey keys rotate [options]',
      'latchkey keys revoke [options] <kid>',
      'latchkey backup [options] <file>',
      'latchkey copy [options]',
      'latchkey doctor [options]',
    ]);
  });

  it('takes no secret as an argument', () => {
    const options = LEAVES.flatMap(({ command }) => command.options.map(({ long }) => long));
    const filters = ['account', 'actor', 'kind', 'refusal', 'address', 'contract', 'client', 'limit', 'cursor'];
    const others = ['email', 'verified', 'json', 'scope', 'from', 'to', 'undo'];
    expect(new Set(options)).toEqual(new Set([...filters, ...others].map((name) => `--${name}`)));
  });

  it('knows the scopes that there are', () => {
    expect(CLIENT_SCOPES).toEqual(Object.keys(SCOPES));
  });
});

describe.each(LEAVES)('$name', ({ name, command }) => {
  it('has help with an example of it', () => {
    const help = helpOf(command);
    expect(help).toMatch(new RegExp(`^Usage: ${name} `));
    expect(help).toMatch(/\nExamples?:\n/);
    expect(help).toContain(`latchkey ${name.slice('latchkey '.length)}`);
  });

  it('is in docs/command-line.md, as its help describes it', () => {
    expect(DOCUMENT.replace(/\s+/g, ' ').toLowerCase()).toContain(command.description().toLowerCase());
    expect(DOCUMENT).toContain(`\`${name}`);
  });
});

describe('the package', () => {
  it('has latchkey as a program that npx finds in its folder, for every user to run', async () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: object };
    expect(bin).toEqual({ latchkey: 'bin/latchkey.js' });
    expect(statSync('bin/latchkey.js').mode & 0o111).toBe(0o111);
    const { stdout } = await promisify(execFile)('npx', ['--offline', 'latchkey', 'keys', '--help']);
    expect(stdout).toMatch(/^Usage: latchkey keys /);
  });

  it('says what to do first where it was not built', async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    copyFileSync('bin/latchkey.js', join(folder, 'bin', 'latchkey.js'));
    const running = promisify(execFile)(process.execPath, [join(folder, 'bin', 'latchkey.js'), '--help']);
    await expect(running).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'Latchkey is not built yet: run npm run build first.\n',
    });
  });
});

describe('the exit code of latchkey', () => {
  it('is 0 for help and version that were asked for', async () => {
    const here = { folder: emptyFolder() };
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await latchkeyProcess(here, '--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(await latchkeyProcess(here, 'keys', 'revoke', '--help')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Usage: latchkey keys revoke \[options\] <kid>\n/),
      stderr: '',
    });
  });

  it.each([[['help']], [['help', 'keys']], [['keys', 'help', 'list']]])('is 0 for %j', async (args) => {
    expect(await latchkeyProcess({ folder: emptyFolder() }, ...args)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Usage: latchkey /),
      stderr: '',
    });
  });

  it('is 2 for help with what is no command', async () => {
    const { code, stdout, stderr } = await latchkeyProcess({ folder: emptyFolder() }, 'help', 'nothing');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: latchkey /);
  });

  it.each([
    [['rotate'], "error: unknown command 'rotate'\n"],
    [['keys', 'revoke'], "error: missing required argument 'kid'\n"],
    [['admin', 'create', 'ada', '--password', 'x'], "error: unknown option '--password'\n"],
    [['client', 'create', 'a'], "error: required option '--scope <scope>' not specified\n"],
    [
      ['client', 'create', 'a', '--scope', 'all'],
      "error: option '--scope <scope>' argument 'all' is invalid. Allowed: introspect, introspect:refresh, revoke.\n",
    ],
    [
      ['sessions', 'list', '--account', '1', '--account', '2'],
      "error: option '--account <id>' argument '2' is invalid. It is given twice.\n",
    ],
  ])('is 2 for the wrong usage %j, with one line', async (args, stderr) => {
    expect(await latchkeyProcess({ folder: emptyFolder() }, ...args)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('is 2 without a command, with the help', async () => {
    const { code, stdout, stderr } = await latchkeyProcess({ folder: emptyFolder() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: latchkey /);
  });
});
