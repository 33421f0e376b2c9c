import { start } from './start.js';

// What the service writes is for its own user: the database holds password hashes.
process.umask(0o077);

start().catch(async (error: unknown) => {
  // Loaded only now: it knows the errors of the database.
  const { describeFailure } = await import('./cli/command-error.js');
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exit(1);
});
