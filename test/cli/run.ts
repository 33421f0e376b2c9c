import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { CommanderError } from 'commander';
import { vi } from 'vitest';
import { describeFailure, exitCodeOf } from '../../src/cli/command-error.js';
import { program } from '../../src/cli/program.js';
import { SIZE } from '../runner/size.js';
import { LATCHKEY } from '../support/built.js';
import { NODE_OPTIONS } from '../support/process.js';

/** How a command ended, and what it wrote. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how a command runs. */
export interface Surroundings {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty unless given. */
  readonly input?: string | Buffer;
  /** Which user of the system runs it; the one that runs the test unless given. */
  readonly uid?: number;
}

/**
 * Runs a command as `bin/latchkey.js` does, with no environment but the given one. It runs in this process unless it is
 * another user's or, at full size, has input. A command that hashes a password needs `latchkeyProcess`: its threads run
 * compiled code only.
 */
export async function latchkey(surroundings: Surroundings, ...args: string[]): Promise<Ending> {
  const { uid, input } = surroundings;
  const needsProcess = uid !== undefined || (SIZE === 'full' && input !== undefined);
  return needsProcess ? latchkeyProcess(surroundings, ...args) : latchkeyHere(surroundings, args);
}

/** Runs `bin/latchkey.js` in a folder, with no environment but the given one and `NODE_OPTIONS`. */
export async function latchkeyProcess(surroundings: Surroundings, ...args: string[]): Promise<Ending> {
  return startLatchkey(surroundings, ...args).ended;
}

/** A command that runs. */
export interface Running {
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

/** As `latchkeyProcess`, for a test that does something meanwhile. */
export function startLatchkey({ folder, env = {}, input = '', uid }: Surroundings, ...args: string[]): Running {
  const child = spawn(process.execPath, [LATCHKEY, ...args], {
    cwd: folder,
    env: { NODE_OPTIONS, ...env },
    ...(uid !== undefined && { uid }),
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  // A command that refuses before it reads has closed its end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  return { ended, kill: (signal) => child.kill(signal) };
}

async function latchkeyHere({ folder, env = {}, input = '' }: Surroundings, args: readonly string[]): Promise<Ending> {
  const before = { env: process.env, folder: process.cwd(), umask: process.umask(0o077) };
  const stdin = vi
    .spyOn(process, 'stdin', 'get')
    .mockReturnValue(Readable.from([Buffer.from(input)]) as typeof process.stdin);
  const output = { stdout: vi.spyOn(process.stdout, 'write'), stderr: vi.spyOn(process.stderr, 'write') };
  for (const written of Object.values(output)) written.mockImplementation(taken);
  process.chdir(folder);
  process.env = { ...env };
  try {
    const code = await endOf(program('0').parseAsync([...args], { from: 'user' }));
    return { code, stdout: textOf(output.stdout), stderr: textOf(output.stderr) };
  } finally {
    for (const written of Object.values(output)) written.mockRestore();
    stdin.mockRestore();
    process.env = before.env;
    process.chdir(before.folder);
    process.umask(before.umask);
  }
}

/** The exit code of a command, as `src/cli/main.ts` tells and words it. */
async function endOf(command: Promise<unknown>): Promise<number> {
  try {
    await command;
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}

/** As a stream takes what is written to it, and says so at once. */
function taken(...parameters: unknown[]): boolean {
  const written = parameters.at(-1);
  if (typeof written === 'function') (written as () => void)();
  return true;
}

function textOf({ mock }: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }): string {
  return mock.calls.map(([text]) => String(text)).join('');
}

/** What the embedded database of a folder holds. */
export function stored<Row>(dataDir: string, statement: string): Row[] {
  const database = new Database(join(dataDir, 'latchkey.db'), { fileMustExist: true });
  try {
    return database.prepare(statement).all() as Row[];
  } finally {
    database.close();
  }
}

/** What was recorded on the command line, in the order in which it was done. */
export function trail(dataDir: string): object[] {
  return stored(
    dataDir,
    `SELECT kind, account_id, detail FROM audit_events
     WHERE door = 'command line' AND actor = 'command line' AND refusal IS NULL ORDER BY id`,
  );
}

/** A time as it is printed. */
export const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
