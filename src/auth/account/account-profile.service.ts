import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import type { AccountFacts } from '../../users/account-facts.js';
import { UsersService } from '../../users/users.service.js';
import type { Principal } from '../door.js';

/** Shows people their own account. */
@Injectable()
export class AccountProfileService {
  constructor(private readonly users: UsersService) {}

  /** The account that asks, as it is now. @throws {AuthError} `token_account_gone` or `token_account_deactivated` */
  async of({ accountId }: Pick<Principal, 'accountId'>): Promise<AccountFacts> {
    const facts = await this.users.factsOf(accountId);
    if (!facts) throw new AuthError('token_account_gone');
    if (facts.status === 'deactivated') throw new AuthError('token_account_deactivated');
    return facts;
  }
}
