import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import { UsersService } from '../../users/users.service.js';
import { principalOf } from '../decorators/current-principal.js';

/** Lets administrators pass, after a token guard. It reads the account again: a token may be older than the demotion. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly users: UsersService) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const user = await this.users.findById(principalOf(context).accountId);
    if (!user?.isAdmin || user.status !== 'active') throw new AuthError('admin_required');
    return true;
  }
}
