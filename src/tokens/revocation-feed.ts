import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Stopwatch } from '../config/stopwatch.js';
import { DirectLine } from '../database/direct-line.js';
import { Sql, type SqlValue } from '../database/sql.js';
import { AuthError } from '../errors/auth-error.js';
import { Revocations } from './revocations.js';
import type { RevocationReason } from './session.entity.js';

/** Where a revocation is announced, on PostgreSQL. */
export const REVOCATIONS_CHANNEL = 'latchkey_revocations';

/** How often the store is asked for revocations by others whether one was announced or not, in milliseconds. */
const POLL_MS = 2000;

/** How old the knowledge of others' revocations may be for a token to be let in, in seconds. */
const OLDEST_SECONDS = 5;

/** How long a request waits for knowledge that is too old to be renewed, in milliseconds. */
const LONGEST_WAIT_MS = 1000;

/** When a caller that found it too old should try again, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/**
 * How far each look goes back beyond the last, in seconds: for what was stamped before that and committed after it. No
 * statement takes half as long (`DATABASE_STATEMENT_TIMEOUT`).
 */
const OVERLAP_SECONDS = 60;

/** How far a look goes back that an announcement caused, in seconds; what was committed later than that, the next poll finds. */
const ANNOUNCED_SECONDS = 5;

/**
 * How far the clocks of instances may lag behind the database's, in seconds: a token that has expired there may be alive
 * here. Sessions are swept a day after they expired.
 */
const CLOCKS_APART_SECONDS = 3600;

/**
 * Learns what was revoked elsewhere: by other instances, by hand, or here by a statement whose answer was lost. Announced
 * revocations are read at once, and whether they are heard or not, every two seconds. A token is let in only by knowledge
 * that is at most five seconds old; an embedded database has no elsewhere.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit {
  private readonly logger = new Logger(RevocationFeed.name);
  /** Since the last look began that went back far enough. */
  private sinceLook = new Stopwatch();
  private isInDoubt = false;
  private isAwake = false;
  private isCalledAgain = false;
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly line: DirectLine,
    private readonly revocations: Revocations,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.lookAtAll();
    this.line.listen({
      channel: REVOCATIONS_CHANNEL,
      // What was announced while nobody listened went by, and it may be another server that answers now.
      begun: () => void this.lookAtAll().catch((error: unknown) => this.warn(error)),
      heard: () => void this.wake(),
    });
  }

  /** A store that fails costs this look. */
  @Interval(POLL_MS)
  async poll(): Promise<void> {
    if (this.sql.isPostgres) await this.lookBack().catch((error: unknown) => this.warn(error));
  }

  /** How old the knowledge of others' revocations is, in seconds; 0 where there are no others. */
  get ageSeconds(): number {
    return this.sql.isPostgres ? this.sinceLook.seconds : 0;
  }

  /** Whether it is young enough to let tokens in. */
  get isFresh(): boolean {
    return this.ageSeconds <= OLDEST_SECONDS;
  }

  /** Whether announcements are heard; `undefined` where there are none. */
  get isListening(): boolean | undefined {
    return this.sql.isPostgres ? this.line.isUp : undefined;
  }

  /**
   * Demands knowledge that is young enough, for which all requests together wait a second at most.
   * @throws {AuthError} `store_unavailable`
   */
  async demandFresh(): Promise<void> {
    if (this.isFresh) return;
    this.renewing ??= Promise.race([this.poll(), wait(LONGEST_WAIT_MS, undefined, { ref: false })]).finally(
      () => (this.renewing = undefined),
    );
    await this.renewing;
    if (!this.isFresh) throw new AuthError('store_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Notes that a revocation failed, of which nobody knows whether it was committed. */
  doubt(): void {
    this.isInDoubt = true;
  }

  /** After a doubt, learns from the store what was revoked. @throws whatever the store fails with */
  async settleDoubt(): Promise<void> {
    if (!this.isInDoubt) return;
    await this.lookBack();
    this.isInDoubt = false;
  }

  /** Reads what was announced; what is announced meanwhile is read with one more look. */
  private async wake(): Promise<void> {
    this.isCalledAgain = true;
    if (this.isAwake) return;
    this.isAwake = true;
    while (this.isCalledAgain) {
      this.isCalledAgain = false;
      await this.read(`revoked_at > {now-${ANNOUNCED_SECONDS}}`).catch((error: unknown) => this.warn(error));
    }
    this.isAwake = false;
  }

  private async lookAtAll(): Promise<void> {
    // A bound on revoked_at rather than "IS NOT NULL", so that the index on it is used.
    await this.look('revoked_at > :ever', { ever: new Date(0) });
  }

  private async lookBack(): Promise<void> {
    await this.look(`revoked_at > {now-${Math.ceil(this.sinceLook.seconds) + OVERLAP_SECONDS}}`);
  }

  private async look(which: string, parameters?: Record<string, SqlValue>): Promise<void> {
    const sinceLook = new Stopwatch();
    await this.read(which, parameters);
    if (sinceLook.seconds < this.sinceLook.seconds) this.sinceLook = sinceLook;
  }

  private async read(which: string, parameters?: Record<string, SqlValue>): Promise<void> {
    const statement = `SELECT id, revoked_because, expires_at FROM sessions
       WHERE ${which} AND expires_at > {now-${CLOCKS_APART_SECONDS}}`;
    const overLine = this.line.rows<Row>(this.sql.bound(statement, parameters)).catch(() => undefined);
    const rows = (await overLine) ?? (await this.sql.rows<Row>(statement, parameters));
    for (const row of rows) this.revocations.add(row.id, row.revoked_because, row.expires_at);
  }

  private warn(error: unknown): void {
    this.logger.warn({ message: 'Revocations could not be looked for.', error });
  }
}

interface Row {
  readonly id: string;
  readonly revoked_because: RevocationReason;
  readonly expires_at: string | Date;
}
