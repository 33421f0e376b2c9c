import { dirname, join, resolve } from 'node:path';
import { secretFile } from '../../config/data-folder.js';
import { Config } from '../../config/env.js';
import { ServiceSecret } from '../../config/service-secret.js';
import { unsealKey } from '../../tokens/key-sealing.js';
import type { Source } from './source.js';

/** The setting that gives the service on PostgreSQL the secret of before. */
export function secretSetting(config: Config, { file }: Source): string {
  if (config.LATCHKEY_SECRET) return 'the same LATCHKEY_SECRET';
  return `LATCHKEY_SECRET_FILE=${resolve(config.LATCHKEY_SECRET_FILE || join(dirname(file), 'secret'))}`;
}

/** Why the secret that can be seen from here is not the one that the keys are sealed under, if it is not. */
export function doubtOfSecret(config: Config, source: Source): string | undefined {
  try {
    const ofSource = Object.assign(new Config(config), { DATA_DIR: dirname(source.file) });
    const secret = ServiceSecret.existing(ofSource);
    if (!secret) return `There is none at ${secretFile(ofSource)}.`;
    for (const { kid, sealed_private_key } of source.rows('signing_keys', ['kid', 'sealed_private_key']))
      // Of a key that was withdrawn, nothing is left to unseal.
      if (sealed_private_key !== '') unsealKey(String(sealed_private_key), String(kid), secret);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
