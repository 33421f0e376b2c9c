import { Injectable } from '@nestjs/common';
import { ON_COMMAND_LINE } from '../../audit/audit-entry.js';
import type { AuditKind } from '../../audit/audit-kinds.js';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import { ServiceSecret } from '../../config/service-secret.js';
import { unsealKey } from '../../tokens/key-sealing.js';
import { publishedUntil, signerAt } from '../../tokens/key-schedule.js';
import type { SigningKey } from '../../tokens/signing-key.entity.js';
import { publishedAmong, SigningKeysStore } from '../../tokens/signing-keys.store.js';

/** What a key does: the one that signs, one whose turn will come, one whose turn is over, one that was withdrawn. */
export type KeyState = 'signs' | 'waiting' | 'published' | 'withdrawn';

/** A key as an operator sees it. */
export interface KeyStanding {
  readonly kid: string;
  readonly algorithm: SigningKey['algorithm'];
  readonly createdAt: Date;
  readonly state: KeyState;
  /** When it begins to sign, is removed or was withdrawn; `undefined` for the one that signs. */
  readonly at: Date | undefined;
}

/** What became of a request for the next key. */
export interface Rotation {
  /** Whether a key was published; otherwise the one named was waiting already. */
  readonly published: boolean;
  readonly kid: string;
  readonly signsFrom: Date;
}

/** What an operator does to the signing keys; running services notice within seconds. */
@Injectable()
export class KeyAdministrationService {
  constructor(
    private readonly store: SigningKeysStore,
    private readonly audit: AuditLog,
    private readonly config: Config,
    private readonly secret: ServiceSecret,
    private readonly clock: Clock,
  ) {}

  /** Every key that is not removed yet, in the order in which they were made. */
  async list(): Promise<KeyStanding[]> {
    const keys = await this.store.all();
    const published = publishedAmong(keys);
    return keys.map((key) => {
      const { kid, algorithm, createdAt } = key;
      return { kid, algorithm, createdAt, ...this.standingOf(key, published) };
    });
  }

  /** Publishes the next key before its time, unless one is waiting already. */
  async rotate(): Promise<Rotation> {
    const keys = await this.store.all();
    const published = publishedAmong(keys);
    const waiting = published.find((key) => this.standingOf(key, published).state === 'waiting');
    if (waiting) return { published: false, kid: waiting.kid, signsFrom: waiting.signsFrom };
    const aheadMs = published.length === 0 ? 0 : this.config.KEY_PUBLISH_AHEAD * 1000;
    return this.publish(new Date(this.clock.nowMs() + aheadMs), keys);
  }

  /**
   * Withdraws a key. If no other is left, one that signs at once is published first, so that there always is a signer.
   * Answers whether there was such a key, not withdrawn yet.
   */
  async revoke(kid: string): Promise<boolean> {
    const keys = await this.store.all();
    const published = publishedAmong(keys);
    if (published.length === 1 && published[0]?.kid === kid) await this.publish(this.clock.now(), keys);
    const isDone = await this.store.revoke(kid);
    if (isDone) this.record('key_revoked', { kid });
    return isDone;
  }

  /** @throws {ConfigError} if the keys there are do not unseal: services would not unseal this one either */
  private async publish(signsFrom: Date, seen: readonly SigningKey[]): Promise<Rotation> {
    for (const { sealedPrivateKey, kid } of publishedAmong(seen)) unsealKey(sealedPrivateKey, kid, this.secret);
    const kid = await this.store.publish(signsFrom, seen);
    if (kid === undefined) return this.publishedMeanwhile();
    this.record('key_published', { kid, signs_from: signsFrom.toISOString() });
    return { published: true, kid, signsFrom };
  }

  /** The key that a service published between a look at the keys and our own, which its number kept out. */
  private async publishedMeanwhile(): Promise<Rotation> {
    const last = publishedAmong(await this.store.all()).at(-1) as SigningKey;
    return { published: false, kid: last.kid, signsFrom: last.signsFrom };
  }

  private standingOf(key: SigningKey, published: readonly SigningKey[]): Pick<KeyStanding, 'state' | 'at'> {
    if (key.revokedAt) return { state: 'withdrawn', at: key.revokedAt };
    const signer = signerAt(published, this.clock.nowMs());
    if (key.kid === signer?.kid) return { state: 'signs', at: undefined };
    if (key.signsFrom.getTime() > this.clock.nowMs()) return { state: 'waiting', at: key.signsFrom };
    const successor = published[published.findIndex(({ kid }) => kid === key.kid) + 1] ?? key;
    return { state: 'published', at: publishedUntil(key, successor) };
  }

  private record(kind: AuditKind, detail: Readonly<Record<string, unknown>>): void {
    this.audit.record({ kind, from: ON_COMMAND_LINE, actor: ON_COMMAND_LINE.actor, detail });
  }
}
