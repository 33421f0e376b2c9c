import { Injectable } from '@nestjs/common';
import type { RevocationReason } from '../tokens/session.entity.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { EpochsService } from '../users/epochs.service.js';
import { UsersService } from '../users/users.service.js';

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
  ) {}

  /** Ends one session. */
  async signOut(sessionId: string): Promise<void> {
    await this.sessions.revoke(sessionId, 'signed_out');
  }

  /** Ends every session of an account, of whatever contract. */
  async clearTokens(accountId: number): Promise<void> {
    await this.finish(accountId, await this.epochs.advance(accountId, 'tokens_cleared'), 'tokens_cleared');
  }

  /** Closes an account to all use, at once. */
  async deactivate(accountId: number): Promise<void> {
    await this.finish(accountId, await this.epochs.deactivate(accountId, 'account_deactivated'), 'account_deactivated');
  }

  /** Removes an account. Its sessions stay until their tokens have expired, revoked. */
  async deleteAccount(accountId: number): Promise<void> {
    await this.finish(accountId, await this.epochs.deactivate(accountId, 'account_deleted'), 'account_deleted');
  }

  /** Removes an account that is still pending. */
  async deletePending(accountId: number): Promise<void> {
    await this.finish(accountId, await this.epochs.deactivatePending(accountId, 'account_deleted'), 'account_deleted');
  }

  /** Revokes the sessions that an account's new epoch left behind. Without an epoch there was nothing to do. */
  async finish(accountId: number, epoch: number | undefined, because: RevocationReason): Promise<void> {
    if (epoch === undefined) return;
    await this.sessions.revokeLeftBehind(accountId, because);
    if (because === 'account_deleted') return this.epochs.remove(accountId);
    await this.epochs.settle(accountId, epoch);
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
}
