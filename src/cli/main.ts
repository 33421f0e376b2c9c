import { CommanderError } from 'commander';
import { VERSION } from '../config/version.js';
import { demandWritten, outliveOutput } from './output.js';
import { program } from './program.js';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

// What a command writes is for the user of the service alone: the database holds password hashes.
process.umask(0o077);

outliveOutput();

try {
  await run();
  await demandWritten();
  process.exitCode = DONE;
} catch (error) {
  // What was begun may have left connections open.
  process.exit(error instanceof CommanderError ? WRONG_USAGE : await failed(error));
}

/** @throws {CommanderError} for wrong usage, of which Commander has told already */
async function run(): Promise<void> {
  // A command that ends without being done has failed, whatever it waited for. Commander ends help with the code there is.
  const latchkey = program(VERSION).hook('preAction', () => void (process.exitCode = FAILED));
  await latchkey.parseAsync().catch((error: unknown) => {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  });
}

/** What the failure is told with is loaded only now: it knows the errors of the database. */
async function failed(error: unknown): Promise<number> {
  const { describeFailure, exitCodeOf } = await import('./command-error.js');
  process.stderr.write(`${describeFailure(error)}\n`);
  return exitCodeOf(error);
}
