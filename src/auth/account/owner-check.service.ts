import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { Principal } from '../door.js';

/** Demands the password again, of one who is signed in, before what only the owner may do. */
@Injectable()
export class OwnerCheck {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly limits: LimitsService,
  ) {}

  /**
   * The account of the one who asks. Tries count like sign-ins: a stolen token is no way to guess a password.
   * @throws {AuthError} `token_account_gone`, `token_account_deactivated`, `current_password_wrong`, `too_many_attempts`
   *   or `hashing_overloaded`
   */
  async demand({ accountId, client }: Principal, password: string): Promise<User> {
    const user = await this.users.findById(accountId);
    if (!user) throw new AuthError('token_account_gone');
    if (user.status === 'deactivated') throw new AuthError('token_account_deactivated');
    const isRight = (): Promise<boolean> => this.hasher.verify(password, user.passwordHash);
    if (!(await this.limits.passwordTry({ accountId }, client.ip, isRight)))
      throw new AuthError('current_password_wrong');
    return user;
  }
}
