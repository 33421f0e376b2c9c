import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { ServiceSecret } from '../config/service-secret.js';
import { unsealKey } from './key-sealing.js';
import { type ScheduledKey, signerAt } from './key-schedule.js';
import type { SigningKey } from './signing-key.entity.js';
import { publishedAmong, SigningKeysStore } from './signing-keys.store.js';

/** How soon after a look at the store an unknown `kid` is worth another, in milliseconds. */
const LOOK_AGAIN_MS = 1000;

/** A key of the ring, ready for use: made into `KeyObject`s once, as a PEM string costs forty times as much. */
export interface RingKey extends ScheduledKey {
  readonly kid: string;
  readonly algorithm: SigningKey['algorithm'];
  readonly publicJwk: JsonWebKey;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The keys that access tokens are signed with, as the store has them; those that were withdrawn are not among them. */
@Injectable()
export class KeyRing implements OnModuleInit {
  private readonly logger = new Logger(KeyRing.name);
  private readonly leftOut = new Set<string>();
  private readonly keys = new Map<string, RingKey>();
  private inOrder: readonly RingKey[] = [];
  private seen: readonly SigningKey[] = [];
  private underWay: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private loadedAtMs = -Infinity;

  constructor(
    private readonly store: SigningKeysStore,
    private readonly secret: ServiceSecret,
    private readonly clock: Clock,
  ) {}

  /** @throws {ConfigError} if a key will not unseal */
  async onModuleInit(): Promise<void> {
    const rows = await this.store.all();
    this.takeOver(rows, (row) => this.ringKeyOf(row));
  }

  /** Every published key, in the order in which they sign. */
  get published(): readonly RingKey[] {
    return this.inOrder;
  }

  /** Every row that the last look at the store found, also those of keys that were withdrawn. */
  get stored(): readonly SigningKey[] {
    return this.seen;
  }

  /** The key that signs now. */
  get signer(): RingKey {
    const signer = signerAt(this.published, this.clock.nowMs());
    if (!signer) throw new Error('The key ring is empty.');
    return signer;
  }

  /** Whether there is a key to sign with. */
  get isReady(): boolean {
    return this.keys.size > 0;
  }

  /** The key of that id, if it is one of ours. */
  find(kid: string): RingKey | undefined {
    return this.keys.get(kid);
  }

  /** Forgets keys that somebody has withdrawn. */
  drop(kids: readonly string[]): void {
    const dropped = kids.filter((kid) => this.keys.delete(kid));
    if (dropped.length > 0) this.inOrder = this.inOrder.filter(({ kid }) => this.keys.has(kid));
  }

  /** As `find`, but looks into the store once for a key that another instance may have published a moment ago. */
  async findOrLookUp(kid: string): Promise<RingKey | undefined> {
    const known = this.find(kid);
    if (known || performance.now() - this.loadedAtMs < LOOK_AGAIN_MS) return known;
    await this.load().catch(() => undefined);
    return this.find(kid);
  }

  /**
   * Takes the keys over as the store has them now. A look that is under way may have missed what the caller just changed, so
   * another one follows it, which all share who call meanwhile.
   */
  async load(): Promise<void> {
    this.next ??= this.lookNext();
    return this.next;
  }

  private async lookNext(): Promise<void> {
    await this.underWay.catch(() => undefined);
    this.next = undefined;
    this.underWay = this.read();
    return this.underWay;
  }

  private async read(): Promise<void> {
    this.loadedAtMs = performance.now();
    const rows = await this.store.all();
    this.takeOver(rows, (row) => this.unsealed(row));
  }

  private takeOver(rows: readonly SigningKey[], keyOf: (row: SigningKey) => RingKey | undefined): void {
    this.inOrder = publishedAmong(rows)
      .map(keyOf)
      .filter((key) => key !== undefined);
    this.keys.clear();
    for (const key of this.inOrder) this.keys.set(key.kid, key);
    this.seen = rows;
  }

  /** A key that somebody stored under another service secret must not keep a running service from the others. */
  private unsealed(row: SigningKey): RingKey | undefined {
    try {
      return this.ringKeyOf(row);
    } catch (error) {
      if (!this.leftOut.has(row.kid)) this.logger.error({ message: 'A signing key is left out.', kid: row.kid, error });
      this.leftOut.add(row.kid);
      return undefined;
    }
  }

  private ringKeyOf(row: SigningKey): RingKey {
    const { kid, algorithm, createdAt, signsFrom, tokenSeconds } = row;
    const schedule = { kid, algorithm, createdAt, signsFrom, tokenSeconds };
    const known = this.keys.get(kid);
    if (known) return { ...known, ...schedule };
    const publicJwk = JSON.parse(row.publicJwk) as JsonWebKey;
    return {
      ...schedule,
      publicJwk,
      publicKey: createPublicKey({ key: publicJwk, format: 'jwk' }),
      privateKey: unsealKey(row.sealedPrivateKey, kid, this.secret),
    };
  }
}
