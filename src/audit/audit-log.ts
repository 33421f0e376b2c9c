import { createHmac } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock } from '../config/clock.js';
import { ServiceSecret } from '../config/service-secret.js';
import { isStoreFailure } from '../database/failures.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import { RepeatedFailure } from '../logging/repeated-failure.js';
import type { AuditEntry } from './audit-entry.js';
import { AuditEvent } from './audit-event.entity.js';
import type { AuditKind } from './audit-kinds.js';
import { RepeatedRefusals } from './repeated-refusals.js';
import { leastIdAt, UuidV7 } from '../database/uuid-v7.js';

/** How often what was recorded is written, in milliseconds: what a crash may lose. */
const FLUSH_MS = 500;

/** How many events one statement writes; SQLite binds 32,766 values at most. */
const BATCH = 500;

/** Longest user agent in the trail, in bytes: strangers may send one with each request, and events are kept for long. */
const USER_AGENT_LENGTH = 256;
const NOT_ASCII = /[^\x20-\x7e]/g;

/** How many events wait at most while the store fails. */
const WAITING_LIMIT = 100_000;

/** Refusals that end a session. Sign-ins bound their number. */
const ALARMS: ReadonlySet<AuditKind> = new Set(['refresh_token_reused']);

/** Acts that succeed and that no budget bounds. */
const UNBOUNDED: ReadonlySet<AuditKind> = new Set(['refresh_token_repeated']);

/** Records acts, off the path of the acts: they wait in memory for at most half a second. */
@Injectable()
export class AuditLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AuditLog.name);
  private readonly failure = new RepeatedFailure(this.logger);
  private readonly ids = new UuidV7();
  private readonly identifierKey: Buffer;
  private readonly refusals = new RepeatedRefusals();
  private waiting: AuditEvent[] = [];
  private writing: Promise<void> = Promise.resolve();
  private dropped = 0;
  private lost = 0;

  constructor(
    @InjectRepository(AuditEvent) private readonly events: Repository<AuditEvent>,
    private readonly sql: Sql,
    private readonly clock: Clock,
    secret: ServiceSecret,
  ) {
    this.identifierKey = secret.derive('identifiers in the audit trail');
  }

  /** How many events wait to be written. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  /** How many events were lost since the start, since too many waited or the store refused them. */
  get lostCount(): number {
    return this.lost + this.dropped;
  }

  /** Records an act. Refusals and unbounded acts alike within five minutes are counted instead. Never throws and never waits. */
  record(entry: AuditEntry): void {
    const isUnbounded = !ALARMS.has(entry.kind) && (entry.refusal !== undefined || UNBOUNDED.has(entry.kind));
    if (isUnbounded && !this.refusals.isFirst(entry, this.clock.nowMs())) return;
    this.enqueue(entry);
  }

  private enqueue(entry: AuditEntry): void {
    if (this.waiting.length >= WAITING_LIMIT) return void this.dropped++;
    this.waiting.push(this.eventOf(entry));
  }

  /** Writes what waits; what the store refuses waits on. Flushes do not overlap. */
  @Interval(FLUSH_MS)
  async flush(): Promise<void> {
    for (const entry of this.refusals.ended(this.clock.nowMs())) this.enqueue(entry);
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  /** Removes events that were recorded before a time, a batch of them. Answers whether there may be more. */
  async sweep(before: Date): Promise<boolean> {
    return sweepBefore(this.sql, { table: 'audit_events', key: 'id', time: 'id' }, leastIdAt(before));
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const entry of this.refusals.ended(Infinity)) this.enqueue(entry);
    await this.flush();
  }

  /** Writes what waits, for a process that ends. What the store refuses is lost. @throws what a store that fails throws */
  async writeOrLose(): Promise<void> {
    for (const entry of this.refusals.ended(Infinity)) this.enqueue(entry);
    try {
      await this.writeAll();
    } finally {
      this.lost += this.waiting.length;
      this.waiting = [];
    }
  }

  private async write(): Promise<void> {
    try {
      await this.writeAll();
    } catch (error) {
      const waiting = this.waiting.length;
      return this.failure.tell({ message: 'Audit events wait for the store.', waiting, error });
    }
    if (this.dropped > 0) this.logger.error({ message: 'Audit events were lost.', dropped: this.dropped });
    this.lost += this.dropped;
    this.dropped = 0;
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, BATCH);
      await this.insert(batch);
      this.failure.end();
      this.waiting = this.waiting.slice(batch.length);
    }
  }

  /** What the store will never take is lost alone, and not what is beside it. @throws what a store that fails throws */
  private async insert(batch: readonly AuditEvent[]): Promise<void> {
    try {
      // A batch whose answer was lost may be there already.
      await this.events
        .createQueryBuilder()
        .insert()
        .values([...batch])
        .orIgnore()
        .updateEntity(false)
        .execute();
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      if (batch.length > 1) for (const event of batch) await this.insert([event]);
      else this.lose(error);
    }
  }

  private lose(error: unknown): void {
    this.lost++;
    this.logger.error({ message: 'An audit event was refused by the store.', error });
  }

  private eventOf({
    kind,
    from,
    refusal,
    accountId,
    actorId,
    actor,
    identifier,
    sessionId,
    count,
    detail,
  }: AuditEntry): AuditEvent {
    const now = this.clock.nowMs();
    return {
      id: this.ids.next(now),
      at: new Date(now),
      kind,
      refusal: refusal ?? null,
      accountId: accountId ?? null,
      actorId: actorId ?? null,
      actor: actor ?? null,
      identifierHash: identifier === undefined ? null : this.hashOf(identifier),
      door: from.door,
      sessionId: sessionId ?? null,
      ip: from.ip,
      userAgent: from.userAgent?.slice(0, USER_AGENT_LENGTH).replace(NOT_ASCII, '?') ?? null,
      requestId: from.requestId,
      count: count ?? 1,
      detail: detail === undefined ? null : JSON.stringify(detail),
    };
  }

  /** A name as the trail keeps it: keyed, so that nobody who reads the trail can try names out. */
  hashOf(identifier: string): string {
    return createHmac('sha256', this.identifierKey).update(identifier).digest('hex');
  }
}
