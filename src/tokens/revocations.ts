import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { timeOf } from '../database/sql.js';
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
export class Revocations {
  private readonly bySession = new Map<string, Revocation>();

  constructor(private readonly clock: Clock) {}

  /** Refuses the session's tokens from this moment on. `expiresAt` is the session's, as the database gives it. */
  add(sessionId: string, because: RevocationReason, expiresAt: string | Date): void {
    this.bySession.set(sessionId, { because, untilMs: timeOf(expiresAt).getTime() });
  }

  /** Why a session was revoked, or `undefined` if it was not. */
  reasonOf(sessionId: string): RevocationReason | undefined {
    return this.bySession.get(sessionId)?.because;
  }

  /** How many sessions it lists. */
  get size(): number {
    return this.bySession.size;
  }

  /** Forgets the sessions whose tokens have all expired. */
  prune(): void {
    const now = this.clock.nowMs();
    for (const [id, { untilMs }] of this.bySession) if (untilMs <= now) this.bySession.delete(id);
  }
}
