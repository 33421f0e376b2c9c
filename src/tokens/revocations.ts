import { Injectable, type OnModuleInit } from '@nestjs/common';
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

interface Revocation {
  readonly because: RevocationReason;
  /** When the last token of the session has expired by itself, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/** The sessions that were revoked and of which a token may still be alive, in memory: every protected request asks it. */
@Injectable()
export class Revocations implements OnModuleInit {
  private readonly bySession = new Map<string, Revocation>();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const rows = await this.sql.rows<{ id: string; revoked_because: RevocationReason; expires_at: string | Date }>(
      // A bound on revoked_at rather than "IS NOT NULL", so that the index on it is used.
      'SELECT id, revoked_because, expires_at FROM sessions WHERE revoked_at > :ever AND expires_at > {now}',
      { ever: new Date(0) },
    );
    for (const row of rows) this.add(row.id, row.revoked_because, row.expires_at);
  }

  /** Refuses the session's tokens from this moment on. `expiresAt` is the session's, as the database gives it. */
  add(sessionId: string, because: RevocationReason, expiresAt: string | Date): void {
    this.bySession.set(sessionId, { because, untilMs: timeOf(expiresAt).getTime() });
  }

  /** How many sessions it lists. */
  get size(): number {
    return this.bySession.size;
  }

  /** How old the knowledge of other instances' revocations is, in seconds; 0 as there are none to hear of. */
  get feedAgeSeconds(): number {
    return 0;
  }

  /** Why a session was revoked, or `undefined` if it was not. */
  reasonOf(sessionId: string): RevocationReason | undefined {
    return this.bySession.get(sessionId)?.because;
  }

  /** Forgets the sessions whose tokens have all expired. */
  prune(): void {
    const now = this.clock.nowMs();
    for (const [id, { untilMs }] of this.bySession) if (untilMs <= now) this.bySession.delete(id);
  }
}
