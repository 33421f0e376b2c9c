import { ConfigError } from './config/env.js';
import { start } from './start.js';

// What the service writes is for its own user: the database holds password hashes.
process.umask(0o077);

start().catch((error: unknown) => {
  process.stderr.write(error instanceof ConfigError ? `${error.message}\n` : `${(error as Error).stack}\n`);
  process.exit(1);
});
