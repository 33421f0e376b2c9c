import { ConfigError } from '../config/env.js';
import { isBusy } from '../database/busy-queue.js';
import { isStoreFailure } from '../database/failures.js';
import { AuthError } from '../errors/auth-error.js';
import { NativeError } from '../errors/native-error.js';
import { OutputError } from './output.js';

/** A command that was refused or failed, in one line for the one who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A command that was typed wrongly, where Commander could not see it. */
export class UsageError extends CommandError {}

/** What is told by its message alone. */
const FORESEEN = [CommandError, ConfigError, AuthError, NativeError, OutputError];

/** The exit code of a failed command: 2 for wrong usage, like what Commander refuses. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? 2 : 1;
}

/** How a failure is told: a line for what its user can cause, the stack for a mistake of ours. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (FORESEEN.some((kind) => error instanceof kind)) return error.message;
  if (isBusy(error)) return 'The embedded database is locked by another process, and stayed so for seconds.';
  if (isStoreFailure(error) || isSqliteFailure(error)) return `The database cannot be used: ${reasonOf(error)}`;
  return error.stack ?? error.message;
}

/** What better-sqlite3 throws when it cannot open a file, where TypeORM does not wrap it. */
function isSqliteFailure(error: Error): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('SQLITE_');
}

/** An error of several failed connections has no message of its own. */
function reasonOf(error: Error): string {
  return error.message || String((error as NodeJS.ErrnoException).code);
}
