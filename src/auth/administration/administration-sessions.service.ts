import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { NativeError } from '../../errors/native-error.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import { UsersService } from '../../users/users.service.js';
import {
  AccountSessionsService,
  isSessionId,
  type SessionPage,
  type SessionsAsked,
} from '../account/account-sessions.service.js';
import { ActTrail } from '../act-trail.js';
import type { Principal } from '../door.js';
import { RevocationService } from '../sessions/revocation.service.js';
import type { Operator } from './operator.js';

/** What administrators see and end of other accounts' sessions. */
@Injectable()
export class AdministrationSessionsService {
  constructor(
    private readonly users: UsersService,
    private readonly list: AccountSessionsService,
    private readonly sessions: SessionsService,
    private readonly revocation: RevocationService,
    private readonly trail: ActTrail,
    private readonly audit: AuditLog,
  ) {}

  /** The live sessions of an account, the newest first. @throws {NativeError} `account_not_found` */
  async page(by: Operator, accountId: number, asked: SessionsAsked): Promise<SessionPage> {
    if (!(await this.users.findById(accountId))) throw new NativeError('account_not_found');
    const page = await this.list.page({ accountId }, asked);
    this.audit.record({ ...by, kind: 'sessions_listed', accountId });
    return page;
  }

  /** Ends one session of an account. @throws {NativeError} `session_not_found` if it is another's, has ended or never was */
  async end(admin: Principal, accountId: number, sessionId: string): Promise<void> {
    if (!isSessionId(sessionId)) throw new NativeError('session_not_found');
    await this.trail.recorded(admin, { kind: 'sessions_revoked', accountId, sessionId }, async () => {
      const ended = await this.sessions.revokeOf(accountId, sessionId, 'tokens_cleared');
      if (!ended) throw new NativeError('session_not_found');
    });
  }

  /** Ends every session of an account. @throws {NativeError} `account_not_found` */
  async endAll(admin: Principal, accountId: number): Promise<void> {
    await this.trail.recorded(admin, { kind: 'sessions_revoked', accountId }, async () => {
      if (!(await this.revocation.clearTokens(accountId))) throw new NativeError('account_not_found');
    });
  }
}
