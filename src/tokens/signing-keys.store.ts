import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThan, Repository } from 'typeorm';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { collidedColumn } from '../database/failures.js';
import { longestTokenSeconds } from './key-schedule.js';
import { sealKey, thumbprint } from './key-sealing.js';
import { SigningKey } from './signing-key.entity.js';

const generate = promisify(generateKeyPair);

/** The statements on signing keys. */
@Injectable()
export class SigningKeysStore {
  constructor(
    @InjectRepository(SigningKey) private readonly rows: Repository<SigningKey>,
    private readonly config: Config,
    private readonly secret: ServiceSecret,
    private readonly clock: Clock,
  ) {}

  /** Every key, also those that were withdrawn, in the order in which they were made. */
  async all(): Promise<SigningKey[]> {
    return this.rows.find({ order: { sequence: 'ASC' } });
  }

  /**
   * Makes a key that begins to sign at a time.
   * @param seen every key there was when the caller found that another one is due
   * @returns its `kid`, or `undefined` if somebody has made the next one meanwhile: the number is unique
   */
  async publish(
    signsFrom: Date,
    seen: readonly Pick<SigningKey, 'sequence' | 'tokenSeconds'>[],
  ): Promise<string | undefined> {
    const last = Math.max(0, ...seen.map(({ sequence }) => sequence));
    const algorithm = this.config.JWT_ALGORITHM;
    const { publicKey, privateKey } = await keyPair(algorithm);
    const publicJwk = publicKey.export({ format: 'jwk' });
    const kid = thumbprint(publicJwk);
    const key = {
      kid,
      sequence: last + 1,
      algorithm,
      publicJwk: JSON.stringify(publicJwk),
      sealedPrivateKey: sealKey(privateKey, kid, this.secret),
      createdAt: this.clock.now(),
      signsFrom,
      // The settings here may be others than those of the service that will sign with it.
      tokenSeconds: Math.max(longestTokenSeconds(this.config), ...seen.map(({ tokenSeconds }) => tokenSeconds)),
      revokedAt: null,
    };
    try {
      await this.rows.insert(key);
      return kid;
    } catch (error) {
      if (!collidedColumn(error, ['sequence'])) throw error;
      return undefined;
    }
  }

  /** Notes how long tokens may live under this configuration, before one is signed. */
  async noteTokenSeconds(): Promise<void> {
    const tokenSeconds = longestTokenSeconds(this.config);
    await this.rows.update({ tokenSeconds: LessThan(tokenSeconds) }, { tokenSeconds });
  }

  /** Withdraws a key for good: its private half is erased. Answers whether there was such a key to withdraw. */
  async revoke(kid: string): Promise<boolean> {
    const { affected } = await this.rows.update(
      { kid, revokedAt: IsNull() },
      { revokedAt: this.clock.now(), sealedPrivateKey: '' },
    );
    return affected === 1;
  }

  /** Removes keys, private halves and all. Answers how many there still were. */
  async delete(kids: readonly string[]): Promise<number> {
    return (await this.rows.delete({ kid: In([...kids]) })).affected ?? 0;
  }
}

/** Of all keys those that count, in the order in which they sign. */
export function publishedAmong(keys: readonly SigningKey[]): SigningKey[] {
  const published = keys.filter(({ revokedAt }) => revokedAt === null);
  return published.sort((a, b) => a.signsFrom.getTime() - b.signsFrom.getTime() || a.sequence - b.sequence);
}

async function keyPair(
  algorithm: SigningKey['algorithm'],
): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  return algorithm === 'ES256' ? generate('ec', { namedCurve: 'P-256' }) : generate('rsa', { modulusLength: 2048 });
}
