import { Injectable } from '@nestjs/common';
import { KnownNetworks } from '../limits/known-networks.js';
import { networksOf } from '../network/networks.js';
import { EpochsService } from '../users/epochs.service.js';
import { PasswordHasher } from '../users/password-hasher.js';
import { PasswordPolicy, type PasswordRules } from '../users/password-policy.js';
import { ActTrail } from './act-trail.js';
import type { Principal } from './door.js';
import { hashCaller } from './hash-caller.js';
import { Notices } from './by-mail/notices.js';
import { OwnerCheck } from './account/owner-check.service.js';
import { RevocationService } from './sessions/revocation.service.js';

/** Changes passwords. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly ownerCheck: OwnerCheck,
    private readonly epochs: EpochsService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly revocation: RevocationService,
    private readonly networks: KnownNetworks,
    private readonly notices: Notices,
    private readonly trail: ActTrail,
  ) {}

  /**
   * Changes the password of the one who asks, and ends every session of the account but the one that asked. Of two
   * changes that race, one fails: the write demands the password that was checked.
   * @throws {AuthError} why the old password does not count, `password_invalid` or `hashing_overloaded`
   */
  async change(principal: Principal, oldPassword: string, newPassword: string, rules: PasswordRules): Promise<void> {
    await this.trail.recorded(principal, { kind: 'password_changed' }, () =>
      this.changeOwned(principal, oldPassword, newPassword, rules),
    );
  }

  private async changeOwned(
    principal: Principal,
    oldPassword: string,
    newPassword: string,
    rules: PasswordRules,
  ): Promise<void> {
    const { accountId, sessionId } = principal;
    const user = await this.ownerCheck.demand(principal, oldPassword);
    this.policy.demand(newPassword, rules, user);
    const newHash = await this.hasher.hash(newPassword, hashCaller(principal.client, sessionId));
    const passwords = { checkedHash: user.passwordHash, passwordHash: newHash };
    const isChanged = await this.revocation.ending(accountId, 'password_changed', (because) =>
      this.epochs.changePassword(accountId, because, passwords, sessionId),
    );
    // The hash that was checked is gone. A rehash leaves the old password right; another change or an end does not.
    if (!isChanged) return this.changeOwned(principal, oldPassword, newPassword, rules);
    // Whoever had the old password may have made a network of his known, which has a budget of its own.
    await this.networks.forget(accountId, networksOf(principal.client.ip));
    await this.notices.passwordChanged(user, principal.client);
  }
}
