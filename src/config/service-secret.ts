import { hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { databaseFile, dataFolder, secretFile } from './data-folder.js';
import { type Config, ConfigError } from './env.js';

const LEAST_BYTES = 32;

/** The one secret of the service. Nothing uses it as it is: every purpose derives a key of its own. */
export class ServiceSecret {
  constructor(private readonly secret: Buffer) {}

  /**
   * `LATCHKEY_SECRET`, or the secret in `LATCHKEY_SECRET_FILE`, or else the one in `DATA_DIR`, which is generated on the
   * first start.
   * @throws {ConfigError} as `existing`
   */
  static of(config: Config): ServiceSecret {
    const existing = ServiceSecret.existing(config);
    if (existing) return existing;
    generate(config);
    return ServiceSecret.of(config);
  }

  /**
   * The secret, if there is one yet; changes nothing.
   * @throws {ConfigError} if the stored secret is damaged, cannot be read, or is gone while the database is there, or if
   * there is none in the file of the setting
   */
  static existing(config: Config): ServiceSecret | undefined {
    if (config.LATCHKEY_SECRET) return new ServiceSecret(Buffer.from(config.LATCHKEY_SECRET));
    if (config.LATCHKEY_SECRET_FILE) return new ServiceSecret(given(config.LATCHKEY_SECRET_FILE));
    // Looked at before the secret: whoever starts at the same time makes the secret first.
    const isInUse = existsSync(databaseFile(config));
    const text = readIfThere(secretFile(config))?.trim();
    if (text === undefined && isInUse)
      throw new ConfigError(
        `${secretFile(config)} is missing, and what is in ${databaseFile(config)} is sealed under it. Put it back from a copy, or give the secret as LATCHKEY_SECRET.`,
      );
    return text === undefined ? undefined : new ServiceSecret(decode(text, secretFile(config)));
  }

  /** 32 bytes for one purpose (HKDF-SHA-256, RFC 5869), the same at every start. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret, '', `latchkey ${purpose}`, 32));
  }
}

function given(file: string): Buffer {
  const text = readIfThere(file);
  if (text !== undefined) return decode(text.trim(), file);
  throw new ConfigError(`LATCHKEY_SECRET_FILE=${file} is not allowed. Allowed: a file that is there.`);
}

function decode(text: string, file: string): Buffer {
  const secret = Buffer.from(text, 'base64url');
  if (secret.length >= LEAST_BYTES && secret.toString('base64url') === text) return secret;
  throw new ConfigError(`${file} is damaged. Put the service secret back from a copy: everything is sealed under it.`);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigError(`${file} cannot be read (${code}).`, { cause });
  }
}

/** Written whole and linked into place, so that a crash leaves either nothing or all of it. */
function generate(config: Config): void {
  dataFolder(config);
  const file = secretFile(config);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(LEAST_BYTES).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}
