import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Stopwatch } from '../config/stopwatch.js';
import { DirectLine } from '../database/direct-line.js';
import { Sql, type SqlValue, timeOf } from '../database/sql.js';
import { AuthError } from '../errors/auth-error.js';
import { KeyRing } from './key-ring.js';
import { REVOKED, Revocations } from './revocations.js';
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

/** How far each look goes back beyond the last, in seconds: for what was stamped before that and committed after it. */
const OVERLAP_SECONDS = 60;

/** How far, and how often, a look goes back for commits that took longer, as when a standby is away. */
const LONG_OVERLAP_SECONDS = 3600;
const LONG_LOOK_MS = 60_000;

/** How many looks may be under way: one that a broken network holds up must not hold up the next. */
const MOST_LOOKS = 3;

/** How many rows one statement reads at the start. */
const PAGE = 10_000;

/**
 * How far the clocks of instances may lag behind the database's, in seconds: a token that has expired there may be alive
 * here. Sessions are swept a day after they expired.
 */
const CLOCKS_APART_SECONDS = 3600;

const COLUMNS = 'id, revoked_because, revoked_at, expires_at';
const ALIVE = `expires_at > {now-${CLOCKS_APART_SECONDS}}`;

/** A session that was revoked, as a statement returns it. */
export interface RevokedRow {
  readonly id: string;
  readonly revoked_because: RevocationReason;
  readonly expires_at: string | Date;
}

/**
 * Learns what was revoked elsewhere: by other instances, by hand, or here by a statement whose answer was lost. What is
 * announced counts at once; and whether anything is heard or not, the store is asked every two seconds. A token is let in
 * only by knowledge that is at most five seconds old; an embedded database has no elsewhere.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit {
  private readonly logger = new Logger(RevocationFeed.name);
  /** Since the last look began that was answered. */
  private sinceLook = new Stopwatch();
  private isInDoubt = false;
  private underWay = 0;
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly line: DirectLine,
    private readonly revocations: Revocations,
    private readonly keys: KeyRing,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.readAll();
    this.line.listen({
      channel: REVOCATIONS_CHANNEL,
      // What was announced while nobody listened went by.
      begun: () => void this.lookFarBack(),
      heard: (row) => this.hear(row),
    });
  }

  /** A store that fails costs this look. */
  @Interval(POLL_MS)
  async poll(): Promise<void> {
    if (!this.sql.isPostgres || this.underWay >= MOST_LOOKS) return;
    await this.look(OVERLAP_SECONDS).catch((error: unknown) => this.warn(error));
  }

  /** As `poll`, for what was committed long after it was stamped. */
  @Interval(LONG_LOOK_MS)
  async lookFarBack(): Promise<void> {
    if (this.sql.isPostgres) await this.look(LONG_OVERLAP_SECONDS).catch((error: unknown) => this.warn(error));
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
    this.isInDoubt = false;
    await this.look(OVERLAP_SECONDS).catch((error: unknown) => {
      this.isInDoubt = true;
      throw error;
    });
  }

  /** Reads all there is, in pages. A bound on `revoked_at` rather than "IS NOT NULL", so that the index on it is used. */
  private async readAll(): Promise<void> {
    const sinceLook = new Stopwatch();
    let last = { at: new Date(0), id: '00000000-0000-0000-0000-000000000000' };
    for (let count = PAGE; count === PAGE;) {
      const rows = await this.sql.rows<RevokedRow & { revoked_at: string | Date }>(
        `SELECT ${COLUMNS} FROM sessions WHERE (revoked_at, id) > (:at::timestamptz, :id::uuid) AND ${ALIVE}
         ORDER BY revoked_at, id LIMIT ${PAGE}`,
        last,
      );
      this.add(rows);
      count = rows.length;
      const row = rows.at(-1);
      if (row) last = { at: timeOf(row.revoked_at), id: row.id };
    }
    this.sinceLook = sinceLook;
  }

  private async look(overlapSeconds: number): Promise<void> {
    const sinceLook = new Stopwatch();
    const since = `{now-${Math.ceil(this.sinceLook.seconds) + overlapSeconds}}`;
    this.underWay++;
    try {
      this.add(await this.ask<RevokedRow>(`SELECT ${COLUMNS} FROM sessions WHERE revoked_at > ${since} AND ${ALIVE}`));
      const withdrawn = await this.ask<{ kid: string }>('SELECT kid FROM signing_keys WHERE revoked_at IS NOT NULL');
      this.keys.drop(withdrawn.map(({ kid }) => kid));
    } finally {
      this.underWay--;
    }
    if (sinceLook.seconds < this.sinceLook.seconds) this.sinceLook = sinceLook;
  }

  /** Over the line if there is one, or else over the pool. */
  private async ask<Row>(statement: string, parameters: Record<string, SqlValue> = {}): Promise<Row[]> {
    const overLine = this.line.rows<Row>(this.sql.bound(statement, parameters)).catch(() => undefined);
    return (await overLine) ?? this.sql.rows<Row>(statement, parameters);
  }

  private hear(json: string): void {
    try {
      const { id, revoked_because, expires_at } = JSON.parse(json) as RevokedRow;
      if (!(revoked_because in REVOKED)) throw new TypeError('This announces no revocation.');
      this.revocations.add(id, revoked_because, new Date(expires_at));
    } catch (error) {
      // Somebody else's words; if it was a revocation, the next look finds it.
      this.warn(error);
    }
  }

  private add(rows: readonly RevokedRow[]): void {
    for (const { id, revoked_because, expires_at } of rows) this.revocations.add(id, revoked_because, expires_at);
  }

  private warn(error: unknown): void {
    this.logger.warn({ message: 'Revocations could not be looked for.', error });
  }
}
