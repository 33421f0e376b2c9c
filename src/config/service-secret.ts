import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './data-folder.js';
import { type Config, ConfigError } from './env.js';

const LEAST_BYTES = 32;

/** The one secret of the service. Nothing uses it as it is: every purpose derives a key of its own. */
export class ServiceSecret {
  constructor(private readonly secret: Buffer) {}

  /**
   * `LATCHKEY_SECRET`, or else the secret in `DATA_DIR`, which is generated on the first start.
   * @throws {ConfigError} if the stored secret is damaged
   */
  static of(config: Config): ServiceSecret {
    if (config.LATCHKEY_SECRET) return new ServiceSecret(Buffer.from(config.LATCHKEY_SECRET));
    const file = join(dataFolder(config), 'secret');
    const text = readOrCreate(file).trim();
    const secret = Buffer.from(text, 'base64url');
    if (secret.length < LEAST_BYTES || secret.toString('base64url') !== text)
      throw new ConfigError(
        `${file} is damaged. Put the service secret back from a copy: everything is sealed under it.`,
      );
    return new ServiceSecret(secret);
  }

  /** 32 bytes for one purpose (HKDF-SHA-256, RFC 5869), the same at every start. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret, '', `latchkey ${purpose}`, 32));
  }
}

/** The file's text; written whole and linked into place, so that a crash leaves either nothing or all of it. */
function readOrCreate(file: string): string {
  const draft = `${file}.${process.pid}`;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(draft, `${randomBytes(LEAST_BYTES).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(file, 'utf8');
}
