import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { AuthError } from '../../errors/auth-error.js';
import { UsersService } from '../../users/users.service.js';
import { principalOf } from '../decorators/current-principal.js';
import type { Principal } from '../door.js';

/** Lets administrators pass, after a token guard. It reads the account again: a token may be older than the demotion. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly users: UsersService,
    private readonly audit: AuditLog,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const principal = principalOf(context);
    const user = await this.users.findById(principal.accountId);
    if (!user?.isAdmin || user.status !== 'active') throw this.refusal(principal);
    return true;
  }

  private refusal({ accountId: actorId, sessionId, client: from }: Principal): AuthError {
    this.audit.record({ kind: 'administration_refused', from, refusal: 'admin_required', actorId, sessionId });
    return new AuthError('admin_required');
  }
}
