import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  hash,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { ConfigError } from '../config/env.js';
import type { ServiceSecret } from '../config/service-secret.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A private key sealed for storage: AES-256-GCM under a key of its own, bound to the `kid`. */
export function sealKey(key: KeyObject, kid: string, secret: ServiceSecret): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret.derive('signing keys'), nonce).setAAD(Buffer.from(kid));
  const sealed = Buffer.concat([cipher.update(key.export({ format: 'der', type: 'pkcs8' })), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The private key that was sealed. @throws {ConfigError} if it was sealed under another service secret or is damaged */
export function unsealKey(sealed: string, kid: string, secret: ServiceSecret): KeyObject {
  const bytes = Buffer.from(sealed, 'base64url');
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, secret.derive('signing keys'), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(kid)).setAuthTag(tag);
    const der = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new ConfigError(
      `Signing key ${kid} will not unseal: it was stored under another service secret (LATCHKEY_SECRET).`,
      { cause },
    );
  }
}

/** A JWK's thumbprint (RFC 7638 §3): its required members in lexical order, hashed. */
export function thumbprint(jwk: JsonWebKey): string {
  const members =
    jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  return hash('sha256', JSON.stringify(members), 'base64url');
}
