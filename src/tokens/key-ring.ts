import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { collidedColumn } from '../database/failures.js';
import { sealKey, thumbprint, unsealKey } from './key-sealing.js';
import { SigningKey } from './signing-key.entity.js';

/** A key of the ring, ready for use: made into `KeyObject`s once, as a PEM string costs forty times as much. */
export interface RingKey {
  readonly kid: string;
  readonly algorithm: SigningKey['algorithm'];
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The keys that sign access tokens, stored with their private halves sealed. */
@Injectable()
export class KeyRing implements OnModuleInit {
  private readonly keys = new Map<string, RingKey>();
  private current: RingKey | undefined;
  private lastSequence = 0;

  constructor(
    @InjectRepository(SigningKey) private readonly rows: Repository<SigningKey>,
    private readonly config: Config,
    private readonly secret: ServiceSecret,
    private readonly clock: Clock,
  ) {}

  /** Loads the ring, and makes the first key of the configured algorithm. @throws if a key will not unseal */
  async onModuleInit(): Promise<void> {
    await this.load();
    while (!this.current) {
      await this.create();
      await this.load();
    }
  }

  /** The key that signs now. */
  get signer(): RingKey {
    if (!this.current) throw new Error('The key ring is empty.');
    return this.current;
  }

  /** Whether there is a key to sign with. */
  get isReady(): boolean {
    return this.current !== undefined;
  }

  /** The key of that id, if it is one of ours. */
  find(kid: string): RingKey | undefined {
    return this.keys.get(kid);
  }

  private async load(): Promise<void> {
    for (const row of await this.rows.find({ order: { sequence: 'ASC' } })) {
      const key = {
        kid: row.kid,
        algorithm: row.algorithm,
        publicKey: createPublicKey({ key: JSON.parse(row.publicJwk) as JsonWebKey, format: 'jwk' }),
        privateKey: unsealKey(row.sealedPrivateKey, row.kid, this.secret),
      };
      this.keys.set(key.kid, key);
      this.lastSequence = row.sequence;
      if (key.algorithm === this.config.JWT_ALGORITHM) this.current = key;
    }
  }

  /** Adds a key after the last that was loaded. If another instance was first, its key is the next: the number is unique. */
  private async create(): Promise<void> {
    const algorithm = this.config.JWT_ALGORITHM;
    const { publicKey, privateKey } =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const publicJwk = publicKey.export({ format: 'jwk' });
    const kid = thumbprint(publicJwk);
    const sequence = this.lastSequence + 1;
    const sealedPrivateKey = sealKey(privateKey, kid, this.secret);
    try {
      await this.rows.insert({
        kid,
        sequence,
        algorithm,
        publicJwk: JSON.stringify(publicJwk),
        sealedPrivateKey,
        createdAt: this.clock.now(),
      });
    } catch (error) {
      if (!collidedColumn(error, ['sequence'])) throw error;
    }
  }
}
