import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import { isStoreFailure } from '../../database/failures.js';
import { AuthError } from '../../errors/auth-error.js';
import { RepeatedFailure } from '../../logging/repeated-failure.js';
import { OpaqueTokenService } from '../../tokens/opaque-token.service.js';
import { RevocationFeed } from '../../tokens/revocation-feed.js';
import { Revocations } from '../../tokens/revocations.js';
import type { SessionStanding } from '../../tokens/session-standing.js';
import { SessionStandings } from '../../tokens/session-standings.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import type { LiveSession } from '../../tokens/token-subject.js';
import type { TokenPrincipal } from '../door.js';
import { SessionActivity } from './session-activity.js';
import { refusalOf } from './session-refusal.js';

/** How long after the last time use pushes a session's end on again, in milliseconds: a write a minute at most. */
const EXTEND_AFTER_MS = 60_000;

/** The same as a part of the idle lifetime, so that a short one is not cut by a minute. */
const EXTEND_AFTER_PART = 0.01;

/**
 * How long a token is admitted by what was read of it, in milliseconds: as long as the knowledge of others' revocations may
 * be old. Its own session's revocation counts at once, as for access tokens.
 */
export const ADMITTED_FOR_MS = 5000;

/** How many of them are remembered; 200 bytes each. */
const REMEMBERED = 20_000;

/** When something was read of a session, before that was asked for, and when the session ends; in milliseconds. */
interface ReadOfSession {
  readonly readAtMs: number;
  readonly endMs: number;
}

/** Whether it was read so short a time ago, or, where a clock was put back, is read in so short a time. */
export function isRecent({ readAtMs, endMs }: ReadOfSession, nowMs: number, forMs: number): boolean {
  return Math.abs(nowMs - readAtMs) < forMs && nowMs < endMs;
}

type Admitted = Omit<TokenPrincipal, 'claims'> & ReadOfSession;

/** Says whom an opaque token speaks for, and keeps its session alive while it is used. */
@Injectable()
export class OpaqueSessionsService {
  private readonly admittedForMs: number;
  /** By the hash of the token. */
  private readonly admitted = new LRUCache<string, Admitted>({ max: REMEMBERED });
  private readonly failure = new RepeatedFailure(new Logger(OpaqueSessionsService.name));

  constructor(
    private readonly sessions: SessionsService,
    private readonly standings: SessionStandings,
    private readonly opaqueTokens: OpaqueTokenService,
    private readonly activity: SessionActivity,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    // Use pushes the end of a session on, which must not wait for longer than a small part of its idle lifetime.
    this.admittedForMs = Math.min(ADMITTED_FOR_MS, config.OPAQUE_TOKEN_IDLE_TTL * 1000 * EXTEND_AFTER_PART);
  }

  /**
   * Whom a token speaks for that was admitted a moment ago, without the store; `undefined` if it was not, or may have been
   * revoked or have expired since. Nobody is refused here.
   */
  recall(token: string): TokenPrincipal | undefined {
    if (!this.opaqueTokens.isWellFormed(token)) return undefined;
    const admitted = this.admitted.get(this.opaqueTokens.hash(token));
    const nowMs = this.clock.nowMs();
    if (!admitted || !isRecent(admitted, nowMs, this.admittedForMs) || !this.feed.isFresh) return undefined;
    const { accountId, sessionId, contract } = admitted;
    if (this.revocations.reasonOf(sessionId)) return undefined;
    this.activity.note(sessionId);
    return { accountId, sessionId, contract, claims: {} };
  }

  /** @throws {AuthError} `token_malformed`, or why the session may not be used */
  async principalOf(token: string): Promise<TokenPrincipal> {
    if (!this.opaqueTokens.isWellFormed(token)) throw new AuthError('token_malformed');
    const readAtMs = this.clock.nowMs();
    const secretHash = this.opaqueTokens.hash(token);
    const standing = await this.standings.ofSecret(secretHash);
    if (!standing) throw new AuthError('token_forged');
    const refusal = refusalOf(standing);
    if (refusal) throw new AuthError(refusal);
    await this.extend(standing);
    this.activity.note(standing.session.id);
    const { id: sessionId, accountId, contract, expiresAt } = standing.session;
    this.admitted.set(secretHash, { accountId, sessionId, contract, readAtMs, endMs: expiresAt.getTime() });
    return { accountId, sessionId, contract, claims: {} };
  }

  private async extend({ session }: SessionStanding): Promise<void> {
    const idleMs = this.config.OPAQUE_TOKEN_IDLE_TTL * 1000;
    const expiresAtMs = Math.min(this.clock.nowMs() + idleMs, this.lastEndMs(session));
    const extendAfterMs = Math.min(EXTEND_AFTER_MS, idleMs * EXTEND_AFTER_PART);
    if (expiresAtMs - session.expiresAt.getTime() < extendAfterMs) return;
    try {
      await this.sessions.extend(session.id, new Date(expiresAtMs));
      this.failure.end();
    } catch (error) {
      // Whoever may read is not turned away since nothing can be written: on a full disk, the next use extends it.
      if (!isStoreFailure(error)) throw error;
      this.failure.tell({ message: 'The end of an opaque token could not be pushed on.', error });
    }
  }

  /** Its contract's document knows no end of a token in use, which `CONTRACT_STRICT` gives it. */
  private lastEndMs({ createdAt }: LiveSession): number {
    return this.config.CONTRACT_STRICT ? createdAt.getTime() + this.config.SESSION_MAX_AGE * 1000 : Infinity;
  }
}
