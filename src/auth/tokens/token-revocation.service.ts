import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { AuditLog } from '../../audit/audit-log.js';
import { AuthError } from '../../errors/auth-error.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import { type ReadToken, TokenReadingService } from './token-reading.service.js';

/** Ends the sessions of tokens that a service client hands in (RFC 7009). */
@Injectable()
export class TokenRevocationService {
  constructor(
    private readonly tokens: TokenReadingService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Ends the session of a token at once. A refresh token of an older generation ends it too: it may still be exchanged
   * within the grace time. A token that is not ours or has expired changes nothing (RFC 7009 §2.2).
   * @throws {AuthError} `token_type_wrong` for a service client's token, behind which no session stands
   */
  async revoke(token: string, by: Pick<AuditEntry, 'actor' | 'from'>): Promise<void> {
    const read = await this.tokens.read(token);
    if (!read) return;
    const session = sessionOf(read);
    if (await this.sessions.revokeOf(session.accountId, session.sessionId, 'signed_out'))
      this.audit.record({ ...by, kind: 'token_revoked', ...session });
  }
}

function sessionOf(token: ReadToken): { readonly accountId: number; readonly sessionId: string } {
  if (token.kind === 'client') throw new AuthError('token_type_wrong');
  if (token.kind !== 'opaque') return { accountId: Number(token.claims.sub), sessionId: token.claims.sid };
  const { id, accountId } = token.standing.session;
  return { accountId, sessionId: id };
}
