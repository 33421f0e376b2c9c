import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { unsealKey } from '../../src/tokens/key-sealing.js';

/** What the tokens of a store are signed with. */
export interface StoreKeys {
  readonly kid: string;
  /** ES256, for access tokens. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** HS256, for refresh tokens. */
  readonly refreshKey: KeyObject;
}

/** The keys in a data folder, of which only the first signs: no store lives for the thirty days until the next. */
export function keysOf(folder: string): StoreKeys {
  const secret = new ServiceSecret(Buffer.from(readFileSync(join(folder, 'secret'), 'utf8').trim(), 'base64url'));
  const database = new Database(join(folder, 'latchkey.db'), { readonly: true });
  const { kid, sealed } = database
    .prepare('SELECT kid, sealed_private_key AS sealed FROM signing_keys ORDER BY sequence')
    .get() as { kid: string; sealed: string };
  database.close();
  const privateKey = unsealKey(sealed, kid, secret);
  const refreshKey = createSecretKey(secret.derive('refresh tokens'));
  return { kid, privateKey, publicKey: createPublicKey(privateKey), refreshKey };
}
