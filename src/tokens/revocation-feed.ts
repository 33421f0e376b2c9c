import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Stopwatch } from '../config/stopwatch.js';
import { REVOCATIONS_CHANNEL } from '../database/channels.js';
import { DirectLine } from '../database/direct-line.js';
import { Sql } from '../database/sql.js';
import { AuthError } from '../errors/auth-error.js';
import { RepeatedFailure } from '../logging/repeated-failure.js';
import { KeyRing } from './key-ring.js';
import { type EndedAccount, type EndedSession, REVOKED, Revocations } from './revocations.js';
import { RevocationsStore } from './revocations.store.js';

/** How often the store is asked for revocations by others whether one was announced or not, in milliseconds. */
const POLL_MS = 2000;

/** How old the knowledge of others' revocations may be for a token to be let in, in seconds. */
const OLDEST_SECONDS = 5;

/** How long a request waits for knowledge that is too old to be renewed, in milliseconds. */
const LONGEST_WAIT_MS = 1000;

/** When a caller that found it too old should try again, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** How far each look goes back beyond the last, in seconds: for what was stamped before that and committed after it. */
const OVERLAP_SECONDS = 60;

/** How far, and how often, a look goes back for commits that took longer, as when a standby is away. */
const LONG_OVERLAP_SECONDS = 3600;
const LONG_LOOK_MS = 60_000;

/** How many looks may be under way: one that a broken network holds up must not hold up the next. */
const MOST_LOOKS = 3;

/**
 * Learns what was revoked elsewhere: by other instances, by hand, or here by a statement whose answer was lost. What is
 * announced counts at once; and whether anything is heard or not, the store is asked every two seconds. A token is let in
 * only by knowledge that is at most five seconds old; an embedded database has no elsewhere.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit, OnModuleDestroy {
  private readonly failure = new RepeatedFailure(new Logger(RevocationFeed.name));
  /** Since the last look began that was answered. */
  private sinceLook = new Stopwatch();
  private isInDoubt = false;
  private isClosing = false;
  private underWay = 0;
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly line: DirectLine,
    private readonly store: RevocationsStore,
    private readonly revocations: Revocations,
    private readonly keys: KeyRing,
  ) {}

  async onModuleInit(): Promise<void> {
    const sinceLook = new Stopwatch();
    for await (const rows of this.store.accounts()) this.addAccounts(rows);
    for await (const rows of this.store.sessions()) this.addSessions(rows);
    this.sinceLook = sinceLook;
    this.line.listen({
      channel: REVOCATIONS_CHANNEL,
      // What was announced while nobody listened went by.
      begun: () => void this.lookFarBack(),
      heard: (row) => this.hear(row),
    });
  }

  /** A look that finds the store closed has nothing to tell. */
  onModuleDestroy(): void {
    this.isClosing = true;
  }

  /** A store that fails costs this look. */
  @Interval(POLL_MS)
  async poll(): Promise<void> {
    if (this.underWay < MOST_LOOKS) await this.tryLook(OVERLAP_SECONDS);
  }

  /** As `poll`, for what was committed long after it was stamped. */
  @Interval(LONG_LOOK_MS)
  async lookFarBack(): Promise<void> {
    await this.tryLook(LONG_OVERLAP_SECONDS);
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
    return this.sql.isPostgres ? this.line.isListening : undefined;
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

  /**
   * Counts what a statement of this instance ended. One that failed may have been committed all the same: then the next
   * one, which would find nothing to end, first asks the store.
   */
  async counting<Ended>(ending: Promise<Ended>, count: (ended: Ended) => void): Promise<Ended> {
    const ended = await ending.catch((error: unknown) => {
      this.isInDoubt = true;
      throw error;
    });
    count(ended);
    await this.settleDoubt();
    return ended;
  }

  private async settleDoubt(): Promise<void> {
    if (!this.isInDoubt) return;
    this.isInDoubt = false;
    await this.look(OVERLAP_SECONDS).catch((error: unknown) => {
      this.isInDoubt = true;
      throw error;
    });
  }

  private async tryLook(overlapSeconds: number): Promise<void> {
    if (!this.sql.isPostgres) return;
    try {
      await this.look(overlapSeconds);
      this.failure.end();
    } catch (error) {
      if (!this.isClosing) this.failure.tell({ message: 'Revocations could not be looked for.', error });
    }
  }

  private async look(overlapSeconds: number): Promise<void> {
    const sinceLook = new Stopwatch();
    this.underWay++;
    try {
      const seconds = Math.ceil(this.sinceLook.seconds) + overlapSeconds;
      this.addAccounts(await this.store.accountsWithin(seconds));
      this.addSessions(await this.store.sessionsWithin(seconds));
      this.keys.drop(await this.store.withdrawnKeys());
    } finally {
      this.underWay--;
    }
    if (sinceLook.seconds < this.sinceLook.seconds) this.sinceLook = sinceLook;
  }

  private hear(json: string): void {
    try {
      const row = JSON.parse(json) as EndedAccount | EndedSession;
      if ('security_epoch' in row) this.addAccounts([heardAccount(row)]);
      else this.addSessions([heardSession(row)]);
    } catch (error) {
      // Somebody else's words. If it was a revocation, the next look finds it.
      this.failure.tell({ message: 'An announcement could not be read.', error });
    }
  }

  private addAccounts(rows: readonly EndedAccount[]): void {
    for (const row of rows) this.revocations.addAccount(row);
  }

  private addSessions(rows: readonly EndedSession[]): void {
    for (const row of rows) this.revocations.addSession(row);
  }
}

function heardAccount(row: EndedAccount): EndedAccount {
  demandReason(row.epoch_because);
  return { ...row, epoch_moved_at: new Date(row.epoch_moved_at) };
}

function heardSession(row: EndedSession): EndedSession {
  demandReason(row.revoked_because);
  return { ...row, revoked_at: new Date(row.revoked_at) };
}

function demandReason(because: string): void {
  if (!(because in REVOKED)) throw new TypeError('This announces no revocation.');
}
