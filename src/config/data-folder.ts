import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError } from './env.js';

/** Where the embedded database is, whether there is one or not. */
export function databaseFile({ DATA_DIR }: Config): string {
  return join(DATA_DIR, 'latchkey.db');
}

/** Where a generated service secret is, whether there is one or not. */
export function secretFile({ DATA_DIR }: Config): string {
  return join(DATA_DIR, 'secret');
}

/**
 * `DATA_DIR`, made for its owner alone if there is none.
 * @throws {ConfigError} if it cannot be made or used
 */
export function dataFolder({ DATA_DIR }: Config): string {
  try {
    mkdirSync(DATA_DIR, { recursive: true, mode: 0o700 });
    accessSync(DATA_DIR, constants.R_OK | constants.W_OK | constants.X_OK);
    return DATA_DIR;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigError(
      `DATA_DIR=${DATA_DIR} is not allowed. Allowed: a folder that can be made and written (${code}).`,
      {
        cause,
      },
    );
  }
}
