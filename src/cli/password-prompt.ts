import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { read } from 'read';
import { CommandError } from './command-error.js';

/** What bytes that are no UTF-8 are read as. */
const REPLACEMENT = '\uFFFD';

/**
 * A new password: asked for twice without echo, or where standard input is no terminal, its first line.
 * @throws {CommandError} if there is none, it is no UTF-8, the two differ or the asking is broken off
 */
export async function askForNewPassword(): Promise<string> {
  const password = await (process.stdin.isTTY ? askTwice() : firstLine());
  return demandUtf8(password);
}

/**
 * A password that is there already: asked for without echo, or where standard input is no terminal, its first line.
 * @throws {CommandError} if there is none, it is no UTF-8 or the asking is broken off
 */
export async function askForPassword(prompt: string): Promise<string> {
  return demandUtf8(await (process.stdin.isTTY ? ask(prompt) : firstLine()));
}

/** It would be taken for another one, which nobody can type. */
function demandUtf8(password: string): string {
  if (password.includes(REPLACEMENT)) throw new CommandError('The password is not encoded in UTF-8; nothing was done.');
  return password;
}

async function askTwice(): Promise<string> {
  const password = await ask('Password:');
  const again = await ask('Password, once more:');
  if (password !== again) throw new CommandError('The two passwords differ; nothing was done.');
  return password;
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new CommandError('There is no password on standard input; nothing was done.');
}

/** `terminal` makes it switch the echo off even where standard error goes into a file. */
async function ask(prompt: string): Promise<string> {
  const asking = read({ prompt, silent: true, terminal: true, output: process.stderr }).catch(refuseCanceled);
  try {
    return await Promise.race([asking, endOfInput()]);
  } finally {
    process.stderr.write('\n');
  }
}

/** `read` never settles on Ctrl-D, after which the terminal is only paused, as it is after a line. */
async function endOfInput(): Promise<never> {
  await once(process.stdin, 'pause');
  await setImmediate();
  return refuseCanceled();
}

function refuseCanceled(): never {
  throw new CommandError('Canceled; nothing was done.');
}
