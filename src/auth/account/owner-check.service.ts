import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import type { TriedName } from '../../limits/act-budgets.js';
import { LimitsService } from '../../limits/limits.service.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { Notices } from '../by-mail/notices.js';
import type { Client, Principal } from '../door.js';
import { hashCaller } from '../hash-caller.js';
import { namesOf } from '../names-of.js';

const NAMELESS: TriedName = { kind: 'username', name: '' };

/** Demands the password again before what only the owner may do. */
@Injectable()
export class OwnerCheck {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly limits: LimitsService,
    private readonly notices: Notices,
  ) {}

  /**
   * The account of the one who asks. Tries count like sign-ins: a stolen token is no way to guess a password.
   * @throws {AuthError} `token_account_gone`, `token_account_deactivated`, `current_password_wrong`, `too_many_attempts`
   *   or `hashing_overloaded`
   */
  async demand({ accountId, sessionId, client }: Principal, password: string): Promise<User> {
    const user = await this.users.findById(accountId);
    if (!user) throw new AuthError('token_account_gone');
    if (user.status === 'deactivated') throw new AuthError('token_account_deactivated');
    if (!(await this.isOwner(user, password, client, sessionId))) throw new AuthError('current_password_wrong');
    return user;
  }

  /**
   * Answers whether the password is the account's. Tries count like sign-ins.
   * @param sessionId the session that asks, if one does: then the try also counts among its acts that hash
   * @throws {AuthError} `too_many_attempts` or `hashing_overloaded`
   */
  async isOwner(user: User, password: string, client: Client, sessionId?: string): Promise<boolean> {
    const isRight = (isKnown: boolean): Promise<boolean> =>
      this.hasher.verify(password, user.passwordHash, hashCaller(client, sessionId, isKnown));
    const [name = NAMELESS] = namesOf(user);
    const target = { ...name, accountId: user.id, hasProvedEmail: user.emailVerifiedAt !== null };
    const tried = await this.limits.passwordTry(target, client.ip, isRight, {
      asHashing: sessionId !== undefined,
      beforeWaiting: () => client.endTurn(),
    });
    if (tried.wasLast) this.notices.strangersShutOut(user, 'password', client);
    return tried.isRight;
  }
}
