import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import { isStoreFailure } from '../../database/failures.js';
import { AuthError } from '../../errors/auth-error.js';
import { RepeatedFailure } from '../../logging/repeated-failure.js';
import { OpaqueTokenService } from '../../tokens/opaque-token.service.js';
import type { SessionStanding } from '../../tokens/session-standing.js';
import { SessionStandings } from '../../tokens/session-standings.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import type { LiveSession } from '../../tokens/token-subject.js';
import type { TokenPrincipal } from '../door.js';
import { OpaqueMemories, type OpaqueMemory } from './opaque-memory.js';
import { SessionActivity } from './session-activity.js';
import { refusalOf } from '../../tokens/session-refusal.js';

/** How long after the last time use pushes a session's end on again, in milliseconds: a write a minute at most. */
const EXTEND_AFTER_MS = 60_000;

/** The same as a part of the idle lifetime, so that a short one is not cut by a minute. */
const EXTEND_AFTER_PART = 0.01;

/** Says whom an opaque token speaks for, and keeps its session alive while it is used. */
@Injectable()
export class OpaqueSessionsService {
  /** Guards add to a principal, so each gets its own. */
  private readonly admitted: OpaqueMemory<TokenPrincipal>;
  private readonly failure = new RepeatedFailure(new Logger(OpaqueSessionsService.name));

  constructor(
    private readonly sessions: SessionsService,
    private readonly standings: SessionStandings,
    private readonly opaqueTokens: OpaqueTokenService,
    private readonly activity: SessionActivity,
    memories: OpaqueMemories,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    // Use pushes the end of a session on, which must not wait for longer than a small part of its idle lifetime.
    this.admitted = memories.make(config.OPAQUE_TOKEN_IDLE_TTL * 1000 * EXTEND_AFTER_PART);
  }

  /**
   * Whom a token speaks for that was admitted a moment ago, without the store; `undefined` if it was not, or may have been
   * revoked or have expired since. Nobody is refused here.
   */
  recall(token: string): TokenPrincipal | undefined {
    const principal = this.admitted.recall(token);
    if (principal) this.activity.note(principal.sessionId);
    return principal && { ...principal };
  }

  /** @throws {AuthError} `token_malformed`, or why the session may not be used */
  async principalOf(token: string): Promise<TokenPrincipal> {
    if (!this.opaqueTokens.isWellFormed(token))
      throw new AuthError(this.opaqueTokens.isOfPredecessor(token) ? 'token_forged' : 'token_malformed');
    const readAtMs = this.clock.nowMs();
    const standing = await this.standings.ofSecret(this.opaqueTokens.hash(token));
    if (!standing) throw new AuthError('token_forged');
    const refusal = refusalOf(standing);
    if (refusal) throw new AuthError(refusal);
    await this.extend(standing);
    this.activity.note(standing.session.id);
    const { id: sessionId, accountId, contract } = standing.session;
    const principal = { accountId, sessionId, contract, claims: {} };
    this.admitted.remember(token, standing.session, principal, readAtMs);
    return { ...principal };
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
