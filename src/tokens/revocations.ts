import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../config/clock.js';
import { Sql, timeOf } from '../database/sql.js';
import type { AuthErrorCode } from '../errors/auth-error.js';
import type { RevocationReason } from './session.entity.js';

/** How the refusal of a revoked session's token is told, by the reason of the revocation. */
export const REVOKED: Record<RevocationReason, AuthErrorCode> = {
  signed_out: 'token_revoked',
  tokens_cleared: 'token_revoked',
  password_changed: 'token_revoked',
  refresh_token_reused: 'token_revoked',
  account_deactivated: 'token_account_deactivated',
  account_deleted: 'token_account_gone',
};

/** How often the store is asked for revocations by others, in milliseconds. */
const POLL_MS = 2000;

/** How far each look goes back beyond the last, in seconds. */
const OVERLAP_SECONDS = 60;

interface Revocation {
  readonly because: RevocationReason;
  /** When the last token of the session has expired by itself, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/** The sessions that were revoked and of which a token may still be alive, in memory: every protected request asks it. */
@Injectable()
export class Revocations implements OnModuleInit {
  private readonly logger = new Logger(Revocations.name);
  private readonly bySession = new Map<string, Revocation>();
  /** When the last look began, in milliseconds of this process's own clock. */
  private readAtMs = performance.now();
  private inDoubt = false;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    // A bound on revoked_at rather than "IS NOT NULL", so that the index on it is used.
    await this.read('revoked_at > :ever', { ever: new Date(0) });
  }

  /**
   * Learns what was revoked elsewhere, or here by a statement whose answer was lost. Each look goes back a minute beyond
   * the last, for what was committed late. An embedded database has no elsewhere.
   */
  @Interval(POLL_MS)
  async poll(): Promise<void> {
    if (!this.sql.isPostgres) return;
    try {
      await this.read(this.recent());
    } catch (error) {
      this.logger.warn({ message: 'Revocations could not be looked for.', error });
    }
  }

  /** Notes that a revocation failed, of which nobody knows whether it was committed. */
  doubt(): void {
    this.inDoubt = true;
  }

  /** After a doubt, learns from the store what was revoked. @throws whatever the store fails with */
  async settleDoubt(): Promise<void> {
    if (!this.inDoubt) return;
    await this.read(this.recent());
    this.inDoubt = false;
  }

  /** Refuses the session's tokens from this moment on. `expiresAt` is the session's, as the database gives it. */
  add(sessionId: string, because: RevocationReason, expiresAt: string | Date): void {
    this.bySession.set(sessionId, { because, untilMs: timeOf(expiresAt).getTime() });
  }

  /** How many sessions it lists. */
  get size(): number {
    return this.bySession.size;
  }

  /** How old the knowledge of other instances' revocations is, in seconds; 0 where there is no other instance. */
  get feedAgeSeconds(): number {
    return this.sql.isPostgres ? this.sinceReadSeconds : 0;
  }

  /** Why a session was revoked, or `undefined` if it was not. */
  reasonOf(sessionId: string): RevocationReason | undefined {
    return this.bySession.get(sessionId)?.because;
  }

  private get sinceReadSeconds(): number {
    return (performance.now() - this.readAtMs) / 1000;
  }

  private recent(): string {
    return `revoked_at > {now-${Math.ceil(this.sinceReadSeconds) + OVERLAP_SECONDS}}`;
  }

  private async read(which: string, parameters: Record<string, Date> = {}): Promise<void> {
    const beganAtMs = performance.now();
    const rows = await this.sql.rows<{ id: string; revoked_because: RevocationReason; expires_at: string | Date }>(
      `SELECT id, revoked_because, expires_at FROM sessions WHERE ${which} AND expires_at > {now}`,
      parameters,
    );
    for (const row of rows) this.add(row.id, row.revoked_because, row.expires_at);
    this.readAtMs = beganAtMs;
  }

  /** Forgets the sessions whose tokens have all expired. */
  prune(): void {
    const now = this.clock.nowMs();
    for (const [id, { untilMs }] of this.bySession) if (untilMs <= now) this.bySession.delete(id);
  }
}
