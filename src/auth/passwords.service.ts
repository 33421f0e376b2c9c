import { Injectable } from '@nestjs/common';
import { AuthError } from '../errors/auth-error.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { EpochsService } from '../users/epochs.service.js';
import { isPassword } from '../users/identifiers.js';
import { PasswordHasher } from '../users/password-hasher.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import type { Principal } from './door.js';
import { Notices } from './notices.js';
import { RevocationService } from './revocation.service.js';

/** Changes passwords. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly users: UsersService,
    private readonly epochs: EpochsService,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly revocation: RevocationService,
    private readonly notices: Notices,
  ) {}

  /**
   * Changes the password of the one who asks, and ends every session of the account but the one that asked. Of two
   * changes that race, one fails: the write demands the password that was checked.
   * @throws {AuthError} `token_account_gone`, `token_account_deactivated`, `current_password_wrong`, `password_invalid`
   *   or `hashing_overloaded`
   */
  async change(principal: Principal, oldPassword: string, newPassword: string): Promise<void> {
    if (!isPassword(newPassword)) throw new AuthError('password_invalid');
    const { accountId, sessionId } = principal;
    const user = await this.owner(accountId, oldPassword);
    const newHash = await this.hasher.hash(newPassword);
    const epoch = await this.epochs.changePassword(accountId, 'password_changed', user.passwordHash, newHash);
    // The hash that was checked is gone. A rehash leaves the old password right; another change or an end does not.
    if (epoch === undefined) return this.change(principal, oldPassword, newPassword);
    await this.sessions.advance(sessionId, epoch);
    await this.revocation.finish(accountId, epoch, 'password_changed');
    this.notices.passwordChanged(user);
  }

  private async owner(accountId: number, password: string): Promise<User> {
    const user = await this.users.findById(accountId);
    if (!user) throw new AuthError('token_account_gone');
    if (user.status === 'deactivated') throw new AuthError('token_account_deactivated');
    if (!(await this.hasher.verify(password, user.passwordHash))) throw new AuthError('current_password_wrong');
    return user;
  }
}
