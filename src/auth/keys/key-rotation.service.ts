import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { BY_SERVICE } from '../../audit/audit-entry.js';
import type { AuditKind } from '../../audit/audit-kinds.js';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import { KeyRing } from '../../tokens/key-ring.js';
import { longestTokenSeconds, nextKeyDue, retiredAt } from '../../tokens/key-schedule.js';
import { SigningKeysStore } from '../../tokens/signing-keys.store.js';

/** How soon what another instance or the command line did to the keys counts here, in milliseconds. */
const LOOK_EVERY_MS = 2000;

/** Keeps the key ring: takes over what others did, publishes the next key in time, and removes those that are done. */
@Injectable()
export class KeyRotationService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(KeyRotationService.name);
  private readonly looks = new Set<Promise<void>>();

  constructor(
    private readonly ring: KeyRing,
    private readonly store: SigningKeysStore,
    private readonly audit: AuditLog,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Makes the first key, and raises how long keys are kept before any token of a longer life is signed. */
  async onModuleInit(): Promise<void> {
    await this.keepUp();
  }

  /** A store that fails costs this look. */
  @Interval(LOOK_EVERY_MS)
  async look(): Promise<void> {
    const look = this.keepUp().catch((error: unknown) => {
      this.logger.error({ message: 'The signing keys could not be looked after; it is tried again.', error });
    });
    this.looks.add(look);
    await look;
    this.looks.delete(look);
  }

  /** Waits for the looks under way: what they did is in the audit trail, and the store is closed after that. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.looks);
  }

  /** Brings the ring to what is due now. */
  async keepUp(): Promise<void> {
    await this.ring.load();
    await this.raiseTokenSeconds();
    const due = nextKeyDue(this.ring.published, this.config, this.clock.nowMs());
    if (due) await this.publish(due);
    const retired = retiredAt(this.ring.published, this.clock.nowMs()).map(({ kid }) => kid);
    if (retired.length > 0) await this.retire(retired);
  }

  /** A key of the command line's, or of another instance, may be meant for shorter tokens than are signed here. */
  private async raiseTokenSeconds(): Promise<void> {
    const longest = longestTokenSeconds(this.config);
    if (this.ring.published.every(({ tokenSeconds }) => tokenSeconds >= longest)) return;
    await this.store.noteTokenSeconds();
    await this.ring.load();
  }

  private async publish(signsFrom: Date): Promise<void> {
    const kid = await this.store.publish(signsFrom, this.ring.stored);
    await this.ring.load();
    if (kid !== undefined) this.record('key_published', { kid, signs_from: signsFrom.toISOString() });
  }

  private async retire(kids: readonly string[]): Promise<void> {
    const removed = await this.store.delete(kids);
    await this.ring.load();
    if (removed > 0) this.record('key_retired', { kids });
  }

  private record(kind: AuditKind, detail: Readonly<Record<string, unknown>>): void {
    this.audit.record({ kind, from: BY_SERVICE, actor: BY_SERVICE.actor, detail });
  }
}
