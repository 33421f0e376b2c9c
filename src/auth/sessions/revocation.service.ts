import { Injectable } from '@nestjs/common';
import { KnownNetworks } from '../../limits/known-networks.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import type { RevocationReason } from '../../tokens/session.entity.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import { EpochsService } from '../../users/epochs.service.js';
import { UsersService } from '../../users/users.service.js';

/** Ends of sessions after which no link may work that was mailed before: it could give the account away again. */
const ENDS_LINKS: ReadonlySet<RevocationReason> = new Set(['password_changed', 'account_deactivated']);

/**
 * Ends sessions. Whatever ends all of an account's first advances its epoch, from when on none of them counts in the
 * database, and then revokes them one by one, for the tokens that are checked in memory. What a crash leaves between
 * the two is finished by `finishDue`.
 */
@Injectable()
export class RevocationService {
  constructor(
    private readonly users: UsersService,
    private readonly epochs: EpochsService,
    private readonly sessions: SessionsService,
    private readonly links: OneTimeTokensService,
    private readonly networks: KnownNetworks,
  ) {}

  /** Ends every session of an account, of whatever contract. Answers whether there is such an account. */
  async clearTokens(accountId: number): Promise<boolean> {
    const epoch = await this.epochs.advance(accountId, 'tokens_cleared');
    await this.finish(accountId, epoch, 'tokens_cleared');
    return epoch !== undefined;
  }

  /** Closes an account to all use, at once. @throws {NativeError} `last_admin` */
  async deactivate(accountId: number): Promise<void> {
    await this.finish(accountId, await this.epochs.deactivate(accountId, 'account_deactivated'), 'account_deactivated');
  }

  /**
   * Removes an account. Its sessions stay until their tokens have expired, revoked. Answers whether there was one to
   * remove; one whose removal was cut short is removed.
   * @throws {NativeError} `last_admin`
   */
  async deleteAccount(accountId: number): Promise<boolean> {
    const epoch = (await this.epochs.deactivate(accountId, 'account_deleted')) ?? (await this.dueEpoch(accountId));
    await this.finish(accountId, epoch, 'account_deleted');
    return epoch !== undefined;
  }

  /** Removes an account that is still pending. Answers whether it was. */
  async deletePending(accountId: number): Promise<boolean> {
    const epoch = await this.epochs.deactivatePending(accountId, 'account_deleted');
    await this.finish(accountId, epoch, 'account_deleted');
    return epoch !== undefined;
  }

  /** Revokes the sessions that an account's new epoch left behind. Without an epoch there was nothing to do. */
  async finish(accountId: number, epoch: number | undefined, because: RevocationReason): Promise<void> {
    if (epoch === undefined) return;
    await this.sessions.revokeLeftBehind(accountId, because);
    if (ENDS_LINKS.has(because)) await this.links.endAll(accountId, 'reset_password', 'change_email');
    if (because === 'account_deleted') return this.remove(accountId);
    await this.epochs.settle(accountId, epoch);
  }

  /** Of the account only the ids of its sessions stay, until their tokens have expired. */
  private async remove(accountId: number): Promise<void> {
    await this.networks.forget(accountId);
    await this.links.forget(accountId);
    await this.sessions.forgetClients(accountId);
    await this.epochs.remove(accountId);
  }

  /**
   * Finishes what was begun and not finished.
   * @param before only what was begun before this time, where acts may still be under way
   */
  async finishDue(before?: Date): Promise<void> {
    for (const { id, securityEpoch, revocationDue } of await this.users.revocationsDue(before)) {
      await this.finish(id, securityEpoch, revocationDue as RevocationReason);
    }
  }

  /** The epoch of an account whose removal was begun. */
  private async dueEpoch(accountId: number): Promise<number | undefined> {
    const user = await this.users.findById(accountId);
    return user?.revocationDue === 'account_deleted' ? user.securityEpoch : undefined;
  }
}
