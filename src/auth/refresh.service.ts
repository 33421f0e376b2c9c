import { Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Usage } from '../audit/usage.js';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { Metrics } from '../metrics/metrics.js';
import type { RefreshTokenClaims } from '../tokens/refresh-token.service.js';
import type { SessionStanding } from '../tokens/session-standing.js';
import { SessionStandings } from '../tokens/session-standings.js';
import { SessionsService } from '../tokens/sessions.service.js';
import type { LiveSession, TokenSubject } from '../tokens/token-subject.js';
import type { Client, Door, RefreshPrincipal } from './door.js';
import { EmailVerificationService } from './by-mail/email-verification.service.js';
import { type Grant, Grants } from './grant.js';
import { GraceUses } from './sessions/grace-uses.js';
import { SessionActivity } from './sessions/session-activity.js';
import { refusalOf } from '../tokens/session-refusal.js';

type UsableStanding = SessionStanding & { readonly subject: TokenSubject };

/** Where a refresh token stands in its session's line of generations. */
type Place = 'current' | 'within grace' | 'ahead' | 'reused';

/** Gives sessions new tokens. */
@Injectable()
export class RefreshService {
  private readonly logger = new Logger(RefreshService.name);

  constructor(
    private readonly sessions: SessionsService,
    private readonly standings: SessionStandings,
    private readonly grants: Grants,
    private readonly verification: EmailVerificationService,
    private readonly audit: AuditLog,
    private readonly usage: Usage,
    private readonly metrics: Metrics,
    private readonly activity: SessionActivity,
    private readonly graceUses: GraceUses,
    private readonly config: Config,
  ) {}

  /**
   * New tokens for a session whose token is not used up by that.
   * @throws {AuthError} `email_unverified` where the door demands a verified address, or why the session may not be used
   */
  async renew(door: Door, sessionId: string): Promise<Grant> {
    const { session, subject } = await this.usable(sessionId);
    if (door.signsInBy === 'email' && !this.verification.isVerified(subject)) throw new AuthError('email_unverified');
    this.activity.note(session.id);
    return this.granted(door, session, subject);
  }

  /**
   * Exchanges a refresh token for its successor (RFC 9700 §4.14.2). For `REFRESH_GRACE` after the exchange it answers
   * the same successor again, so that a lost answer or a race between tabs costs nobody anything; otherwise a token
   * that was exchanged before is reuse, and ends its session.
   * @throws {AuthError} `refresh_token_reused`, or why the session may not be used
   */
  async exchange(door: Door, principal: RefreshPrincipal): Promise<Grant> {
    const { claims: token, client } = principal;
    const rotated = this.config.REFRESH_ROTATION ? await this.sessions.rotate(token.sid, token.gen) : undefined;
    if (rotated?.subject) {
      this.graceUses.noteExchange(token, client);
      return this.granted(door, rotated.session, rotated.subject);
    }
    const { place, session, subject } = await this.exchangeable(door, principal);
    if (place === 'current' && this.config.REFRESH_ROTATION) return this.exchange(door, principal);
    if (place === 'within grace') this.graceUses.note(token, client);
    return this.granted(door, session, subject);
  }

  /** Demands a refresh token that could be exchanged now, as `exchange` does. @throws {AuthError} as `exchange` */
  async demandExchangeable(door: Door, principal: RefreshPrincipal): Promise<void> {
    await this.exchangeable(door, principal);
  }

  /** Whether an exchange of this token would succeed now; asking changes nothing. @throws {AuthError} why not */
  async check(token: RefreshTokenClaims): Promise<void> {
    const place = this.placeOf(token, await this.usable(token.sid));
    if (place === 'reused' || place === 'ahead') throw new AuthError('token_revoked');
  }

  private async exchangeable(
    door: Door,
    { claims: token, client }: RefreshPrincipal,
  ): Promise<UsableStanding & { place: Exclude<Place, 'ahead' | 'reused'> }> {
    const standing = await this.usable(token.sid);
    const place = this.placeOf(token, standing);
    if (place === 'reused') {
      this.metrics.refreshReuses.inc({ contract: door.name });
      throw await this.endReused(token, client);
    }
    if (place === 'ahead') throw new AuthError('token_forged');
    return { ...standing, place };
  }

  private async usable(sessionId: string): Promise<UsableStanding> {
    const standing = await this.standings.of(sessionId);
    if (!standing) throw new AuthError('token_revoked');
    const refusal = refusalOf(standing);
    if (refusal || !standing.subject) throw new AuthError(refusal ?? 'token_account_gone');
    return { ...standing, subject: standing.subject };
  }

  /** Both times are the database's, so instances whose clocks differ agree. */
  private placeOf(token: RefreshTokenClaims, { session, readAt }: SessionStanding): Place {
    const behind = session.generation - token.gen;
    if (behind === 0) return 'current';
    // A commit that a power cut took back leaves a token ahead of its row: nobody reused anything.
    if (behind < 0) return 'ahead';
    const graceMs = this.config.REFRESH_GRACE * 1000;
    return behind === 1 && graceMs > 0 && readAt.getTime() - session.rotatedAt.getTime() <= graceMs
      ? 'within grace'
      : 'reused';
  }

  private granted(door: Door, session: LiveSession, subject: TokenSubject): Grant {
    this.usage.count(door.name, 'refreshes');
    this.metrics.refreshes.inc({ contract: door.name });
    return this.grants.of(door, session, subject);
  }

  private async endReused(
    { sid: sessionId, user_id: accountId }: RefreshTokenClaims,
    from: Client,
  ): Promise<AuthError> {
    await this.sessions.revoke(sessionId, 'refresh_token_reused');
    this.logger.warn({
      message:
        'A refresh token was used twice; its session is ended. If its front end never stores the new one, set REFRESH_ROTATION=off.',
      session: sessionId,
      accountId,
    });
    this.audit.record({ kind: 'refresh_token_reused', from, refusal: 'refresh_token_reused', accountId, sessionId });
    return new AuthError('refresh_token_reused');
  }
}
