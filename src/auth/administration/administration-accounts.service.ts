import { Injectable } from '@nestjs/common';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import { type AccountFacts, factsOf } from '../../users/account-facts.js';
import { canonical } from '../../users/canonical.js';
import { isNewUsername } from '../../users/identifiers.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import { PasswordPolicy } from '../../users/password-policy.js';
import { NO_PASSWORD } from '../../users/password-scheme.js';
import type { User } from '../../users/user.entity.js';
import { type NewAccount, UsersService } from '../../users/users.service.js';
import { ActTrail } from '../act-trail.js';
import type { Principal } from '../door.js';
import { hashCaller } from '../hash-caller.js';
import { ChosenAddresses } from '../by-mail/chosen-addresses.js';
import { EmailProofs } from '../by-mail/email-proofs.service.js';
import { EmailVerificationService } from '../by-mail/email-verification.service.js';
import { PasswordResetService } from '../by-mail/password-reset.service.js';

/** An account that an administrator makes: with a username or an e-mail address, and with that or a password. */
export interface AdministeredAccount {
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly isAdmin: boolean;
  readonly emailVerified: boolean;
}

/** Makes accounts for administrators. */
@Injectable()
export class AdministrationAccountsService {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly passwordReset: PasswordResetService,
    private readonly verification: EmailVerificationService,
    private readonly addresses: ChosenAddresses,
    private readonly proofs: EmailProofs,
    private readonly trail: ActTrail,
    private readonly config: Config,
  ) {}

  /**
   * Makes an account. A verified address is taken from all who claim it. One without a password is mailed a link to set one; one that stays pending, a link to verify its
   * address.
   * @throws {AuthError} `email_invalid`, `password_invalid`, `username_taken`, `email_taken` or `hashing_overloaded`
   */
  async create(admin: Principal, account: AdministeredAccount): Promise<AccountFacts> {
    const { username, email, isAdmin, emailVerified } = account;
    const detail = { is_admin: isAdmin, email_verified: emailVerified };
    // The name may be erased with its account one day; the trail is not.
    const identifier = username === undefined ? canonical('email', email ?? '') : canonical('username', username);
    const refused = { kind: 'account_created', accountId: undefined, identifier, detail } as const;
    const user = await this.trail.recorded(
      admin,
      refused,
      () => this.insert(admin, account),
      ({ id: accountId }) => ({ accountId, identifier: undefined }),
    );
    if (email !== undefined && emailVerified) await this.proofs.endOtherClaims(user.id, email);
    if (account.password === undefined) await this.passwordReset.mailLink(user, admin.client);
    else if (user.status === 'pending') await this.verification.sendLink(user, admin.client);
    return factsOf(user);
  }

  private async insert(admin: Principal, account: AdministeredAccount): Promise<User> {
    const { username, email, password, isAdmin, emailVerified } = account;
    if (email !== undefined) this.addresses.demand(email);
    if (password !== undefined) this.policy.demand(password, 'native', { username, email });
    const caller = hashCaller(admin.client, admin.sessionId);
    const passwordHash = password === undefined ? NO_PASSWORD : await this.hasher.hash(password, caller);
    const isPending = username === undefined && !emailVerified && this.config.EMAIL_VERIFICATION;
    const status = isPending ? 'pending' : 'active';
    const through = admin.client.door;
    return this.named({ username, email, passwordHash, status, isAdmin, emailVerified, through });
  }

  /** A verified address is the username of an account that has no other, if it is free. */
  private async named(account: NewAccount): Promise<User> {
    const { username, email, emailVerified } = account;
    if (username !== undefined || email === undefined || !emailVerified || !isNewUsername(email))
      return this.users.insert(account);
    return this.users.insert({ ...account, username: email }).catch((error: unknown) => {
      if (error instanceof AuthError && error.code === 'username_taken') return this.users.insert(account);
      throw error;
    });
  }
}
