import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { AuthError } from '../../errors/auth-error.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import type { Door, Principal, RefreshPrincipal } from '../door.js';
import { RefreshService } from '../refresh.service.js';
import { AccessTokenStrategy } from '../strategies/access-token.strategy.js';
import { RevocationService } from './revocation.service.js';

/** What people do to end their own sessions. */
@Injectable()
export class SessionEndingService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly revocation: RevocationService,
    private readonly refreshing: RefreshService,
    private readonly strategy: AccessTokenStrategy,
    private readonly audit: AuditLog,
  ) {}

  /** Ends the session that asks. */
  async signOut(principal: Principal): Promise<void> {
    await this.end(principal, principal.sessionId);
  }

  /** Ends the session that asks, and those of further cookies of its name, of which the browser would go on to send one. */
  async signOutOfCookies(principal: Principal, tokens: readonly string[]): Promise<void> {
    await this.signOut(principal);
    for (const { accountId, sessionId } of await this.strategy.allValid(tokens, principal.contract))
      await this.end({ accountId, client: principal.client }, sessionId);
  }

  /**
   * Ends the session of a refresh token that could be exchanged now.
   * @throws {AuthError} as an exchange; of two who ask at once, one hears `token_revoked`
   */
  async signOutByRefreshToken(door: Door, principal: RefreshPrincipal): Promise<void> {
    await this.refreshing.demandExchangeable(door, principal);
    if (!(await this.end(principal, principal.sessionId))) throw new AuthError('token_revoked');
  }

  /** Ends one session of the account that asks. Answers whether there was such a session to end. */
  async end({ accountId, client }: Pick<Principal, 'accountId' | 'client'>, sessionId: string): Promise<boolean> {
    const ended = await this.sessions.revokeOf(accountId, sessionId, 'signed_out');
    if (ended) this.audit.record({ kind: 'signed_out', from: client, accountId, actorId: accountId, sessionId });
    return ended;
  }

  /** Ends every session of the account but the one that asks. Without others it leaves no trace, however often it is asked. */
  async endOthers({ accountId, sessionId, client }: Principal): Promise<void> {
    if (await this.revocation.endOthers(accountId, sessionId))
      this.audit.record({ kind: 'tokens_cleared', from: client, accountId, actorId: accountId, sessionId });
  }

  /** Ends every session of the account, of whatever contract, that which asks included. */
  async clearTokens({ accountId, client }: Principal): Promise<void> {
    await this.revocation.clearTokens(accountId);
    this.audit.record({ kind: 'tokens_cleared', from: client, accountId, actorId: accountId });
  }
}
