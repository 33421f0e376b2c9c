import { accessSync, constants } from 'node:fs';
import { databaseFile } from '../config/data-folder.js';
import { type Config, ConfigError } from '../config/env.js';

/**
 * Whether there is an embedded database.
 * @throws {ConfigError} if there may be one that this user must not use
 */
export function hasEmbeddedDatabase(config: Config, mode = constants.R_OK | constants.W_OK): boolean {
  const file = databaseFile(config);
  try {
    accessSync(file, mode);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new ConfigError(`${file} cannot be used (${code}). Run this as the user that runs the service.`, { cause });
  }
}
