import type { DataSource } from 'typeorm';
import type { Config } from '../../config/env.js';
import { ServiceSecret } from '../../config/service-secret.js';
import { unsealKey } from '../../tokens/key-sealing.js';
import { nextKeyDue, signerAt } from '../../tokens/key-schedule.js';
import { SigningKey } from '../../tokens/signing-key.entity.js';
import { publishedAmong } from '../../tokens/signing-keys.store.js';
import { fail, type Finding, ok, reasonOf, warn } from './finding.js';

/** How long a running service may take to publish a key that is due, in milliseconds. */
const ROTATION_MS = 60_000;

/** Without a secret that unseals one of them, no key can be withdrawn for another. */
const RESTORE = 'give the secret of before back; docs/operating.md says how to go on without it';

/** Whether the signing keys can be used, and are rotated in time. */
export async function checkKeys(store: DataSource, config: Config): Promise<Finding[]> {
  const keys = publishedAmong(await store.getRepository(SigningKey).find());
  const now = Date.now();
  const signer = signerAt(keys, now);
  if (!signer) return [warn('keys', 'there is no signing key', 'start the service: it makes one')];
  return [...checkSeals(keys, config), checkRotation(keys, signer, config, now)];
}

function checkSeals(keys: readonly SigningKey[], config: Config): Finding[] {
  const secret = secretOf(config);
  // What is wrong with the secret itself is told where files are checked.
  if (!secret) return [];
  const reasons = new Map(keys.map((key) => [key.kid, reasonAgainst(key, secret)]));
  const broken = [...reasons].filter(([, reason]) => reason !== undefined);
  if (broken.length === 0) return [ok('keys', `all unseal: ${keys.length}`)];
  const isSecretWrong = broken.length === keys.length;
  return broken.map(([kid, reason = '']) =>
    fail('keys', reason, isSecretWrong ? RESTORE : `run: latchkey keys revoke ${kid}`),
  );
}

/** Why a key will not unseal, if it will not. */
function reasonAgainst({ kid, sealedPrivateKey }: SigningKey, secret: ServiceSecret): string | undefined {
  try {
    unsealKey(sealedPrivateKey, kid, secret);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function secretOf(config: Config): ServiceSecret | undefined {
  try {
    return ServiceSecret.existing(config);
  } catch {
    return undefined;
  }
}

function checkRotation(keys: readonly SigningKey[], signer: SigningKey, config: Config, nowMs: number): Finding {
  const turn = signer.signsFrom.toISOString();
  // The keys before it were withdrawn.
  const isEarly = signer.signsFrom.getTime() > nowMs;
  const found = `${signer.kid} signs, ${isEarly ? `ahead of its turn, which is ${turn}` : `since ${turn}`}`;
  return nextKeyDue(keys, config, nowMs - ROTATION_MS)
    ? warn('keys', `${found}, and the next key is overdue`, 'start the service; if it runs, its log says what fails')
    : ok('keys', found);
}
