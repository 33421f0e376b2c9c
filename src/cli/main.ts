import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { program } from './program.js';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

// What a command writes is for the user of the service alone: the database holds password hashes.
process.umask(0o077);

// A command that ends without being done has failed, whatever it waited for.
process.exitCode = FAILED;

try {
  await program(version()).parseAsync();
  process.exitCode = DONE;
} catch (error) {
  // What was begun may have left connections open.
  process.exit(error instanceof CommanderError ? usageCode(error) : await failed(error));
}

function version(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** Commander has told what is wrong already; help that was asked for is no error. */
function usageCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? DONE : WRONG_USAGE;
}

/** What the failure is told with is loaded only now: it knows the errors of the database. */
async function failed(error: unknown): Promise<number> {
  const { describeFailure } = await import('./command-error.js');
  process.stderr.write(`${describeFailure(error)}\n`);
  return FAILED;
}
