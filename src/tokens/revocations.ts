import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { timeOf } from '../database/sql.js';
import type { AuthErrorCode } from '../errors/auth-error.js';
import type { RevocationReason } from './session.entity.js';
import { TokenLifetimes } from './token-lifetimes.js';

/** The refusal of a token whose session was ended, by the reason for the end. */
export const REVOKED: Record<RevocationReason, AuthErrorCode> = {
  signed_out: 'token_revoked',
  tokens_cleared: 'token_revoked',
  password_changed: 'token_revoked',
  refresh_token_reused: 'token_revoked',
  session_limit: 'token_revoked',
  account_deactivated: 'token_account_deactivated',
  account_deleted: 'token_account_gone',
};

/** Largest difference between the clocks of instances, in seconds. A token that has expired here may be alive there. */
export const CLOCK_MARGIN_SECONDS = 300;

/**
 * Longest time that the end of a single session is listed, in seconds. Older tokens are looked up in the store once an
 * hour. If ends were listed for a token's whole life, sign-ins could fill the memory.
 */
export const LONGEST_LISTED_SECONDS = 3600;

/** Time that the end of a session without access tokens is listed, in seconds. Opaque tokens are cached for less. */
export const OPAQUE_SECONDS = 10;

/** The end of all sessions of an account but the one that was kept, as the store has it. */
export interface EndedAccount {
  readonly id: number;
  readonly security_epoch: number;
  readonly epoch_because: string;
  readonly epoch_moved_at: string | Date;
  readonly kept_session_id: string | null;
}

/** The end of one session, as the store has it. */
export interface EndedSession {
  readonly id: string;
  readonly contract: string;
  readonly revoked_because: RevocationReason;
  readonly revoked_at: string | Date;
}

interface AccountEntry {
  readonly epoch: number;
  readonly keptId: string | null;
  readonly because: RevocationReason;
  readonly untilMs: number;
}

interface SessionEntry {
  readonly because: RevocationReason;
  readonly untilMs: number;
}

/**
 * Ends of sessions in memory, which every protected request asks for. Accounts whose sessions were all ended are listed
 * by their epoch, as long as a token of theirs may live; only sessions that were ended one by one are listed themselves.
 */
@Injectable()
export class Revocations {
  private readonly accounts = new Map<number, AccountEntry>();
  private readonly sessions = new Map<string, SessionEntry>();

  constructor(
    private readonly lifetimes: TokenLifetimes,
    private readonly clock: Clock,
  ) {}

  /** Refuses tokens of the account's earlier epochs from now on. Of two reports the higher epoch wins. */
  addAccount({
    id,
    security_epoch: epoch,
    epoch_because,
    epoch_moved_at,
    kept_session_id: keptId,
  }: EndedAccount): void {
    if ((this.accounts.get(id)?.epoch ?? -1) >= epoch) return;
    const untilMs = timeOf(epoch_moved_at).getTime() + (this.lifetimes.longestSeconds + CLOCK_MARGIN_SECONDS) * 1000;
    if (untilMs > this.clock.nowMs())
      this.accounts.set(id, { epoch, keptId, because: epoch_because as RevocationReason, untilMs });
  }

  /** Refuses the session's tokens from now on. */
  addSession({ id, contract, revoked_because: because, revoked_at }: EndedSession): void {
    const seconds = this.lifetimes.secondsOf(contract);
    const untilMs = timeOf(revoked_at).getTime() + listedSeconds(seconds) * 1000;
    if (untilMs > this.clock.nowMs()) this.sessions.set(id, { because, untilMs });
  }

  /**
   * The reason for the end of a token's session, or `undefined` if it goes on.
   * @param epochOf reads the epoch of the token, which is needed only for accounts that are listed
   */
  reasonOf(accountId: number, sessionId: string, epochOf: () => number): RevocationReason | undefined {
    const account = this.accounts.get(accountId);
    if (account && account.keptId !== sessionId && epochOf() < account.epoch) return account.because;
    return this.sessions.get(sessionId)?.because;
  }

  /** Number of entries. */
  get size(): number {
    return this.accounts.size + this.sessions.size;
  }

  /** Forgets the entries whose tokens have all expired. */
  prune(): void {
    const now = this.clock.nowMs();
    for (const entries of [this.accounts, this.sessions] as Map<unknown, { readonly untilMs: number }>[])
      for (const [key, { untilMs }] of entries) if (untilMs <= now) entries.delete(key);
  }
}

/** Time that the end of a session is listed, in seconds, by the lifetime of its access tokens. */
export function listedSeconds(lifetimeSeconds: number | undefined): number {
  if (lifetimeSeconds === undefined) return OPAQUE_SECONDS;
  return Math.min(lifetimeSeconds, LONGEST_LISTED_SECONDS) + CLOCK_MARGIN_SECONDS;
}
