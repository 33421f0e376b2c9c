import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { Principal } from '../door.js';

/** Shows people their own account. */
@Injectable()
export class AccountProfileService {
  constructor(private readonly users: UsersService) {}

  /** The account that asks, as it is now. @throws {AuthError} `token_account_gone` or `token_account_deactivated` */
  async of({ accountId }: Principal): Promise<User> {
    const user = await this.users.findById(accountId);
    if (!user) throw new AuthError('token_account_gone');
    if (user.status === 'deactivated') throw new AuthError('token_account_deactivated');
    return user;
  }
}
