import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { KnownNetworks } from '../../limits/known-networks.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { RevocationFeed } from '../../tokens/revocation-feed.js';
import { Revocations } from '../../tokens/revocations.js';
import type { RevocationReason } from '../../tokens/session.entity.js';
import { SessionsService } from '../../tokens/sessions.service.js';
import type { EpochMove } from '../../users/epoch-move.js';
import { EpochsService } from '../../users/epochs.service.js';
import { CLAIMS_AT_ONCE } from '../../users/emails.store.js';
import { ofAccount } from '../by-mail/mail-jobs.js';

/** Ends of sessions after which no link works that was mailed before: it could give the account away again. */
const ENDS_LINKS: ReadonlySet<string> = new Set<RevocationReason>([
  'password_changed',
  'account_deactivated',
  'account_deleted',
]);

/** How long the answer to a deletion waits until all is forgotten, in milliseconds. */
const LONGEST_WAIT_MS = 300;

/** Moves an account's epoch, or does not because a condition did not hold. */
type Move = Promise<EpochMove | undefined>;

/** Ends all sessions of an account. The account's row decides; nothing is left to be finished if the service dies. */
@Injectable()
export class RevocationService {
  private readonly logger = new Logger(RevocationService.name);

  constructor(
    private readonly epochs: EpochsService,
    private readonly sessions: SessionsService,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
    private readonly links: OneTimeTokensService,
    private readonly networks: KnownNetworks,
    private readonly mails: MailQueue,
  ) {}

  /** Ends every session of an account, of whatever contract. Answers whether there is such an account. */
  async clearTokens(accountId: number): Promise<boolean> {
    return this.ending(accountId, 'tokens_cleared', (because) => this.epochs.advance(accountId, because));
  }

  /** Ends every session of an account but one. Answers whether another one counted. */
  async endOthers(accountId: number, keptId: string): Promise<boolean> {
    return this.ending(accountId, 'signed_out', (because) => this.epochs.endOthers(accountId, because, keptId));
  }

  /** Closes an account to all use. @throws {NativeError} `last_admin` */
  async deactivate(accountId: number): Promise<void> {
    await this.ending(accountId, 'account_deactivated', (because) => this.epochs.deactivate(accountId, because));
  }

  /** Deletes an account. Answers whether there was one. @throws {NativeError} `last_admin` */
  async deleteAccount(accountId: number): Promise<boolean> {
    return this.deleting(accountId, (because) => this.epochs.delete(accountId, because));
  }

  /** As `deleteAccount`, if the password that was checked is still the account's. @throws {NativeError} `last_admin` */
  async deleteOwned(accountId: number, checkedHash: string): Promise<boolean> {
    return this.deleting(accountId, (because) => this.epochs.deleteOwned(accountId, because, checkedHash));
  }

  /** Deletes an account that is still pending. Answers whether it was. */
  async deletePending(accountId: number): Promise<boolean> {
    return this.deleting(accountId, (because) => this.epochs.deletePending(accountId, because));
  }

  /** Deletes the pending accounts that claim an address which an account has proved. Answers which. */
  async deleteClaimants(provedBy: number, email: string): Promise<number[]> {
    const deleted: number[] = [];
    let moves: EpochMove[];
    do {
      moves = await this.feed.counting(this.epochs.deleteClaimants(provedBy, email, 'account_deleted'), (ended) =>
        ended.forEach((move) => this.revocations.addAccount(move)),
      );
      deleted.push(...moves.map(({ id }) => id));
    } while (moves.length === CLAIMS_AT_ONCE);
    await this.forgetSoon(...deleted);
    return deleted;
  }

  /**
   * Makes a move of an account's epoch count here at once. Answers whether there was one. Links end before and after: if
   * the service dies in between, no older one works.
   */
  async ending(
    accountId: number,
    because: RevocationReason,
    move: (because: RevocationReason) => Move,
  ): Promise<boolean> {
    if (ENDS_LINKS.has(because)) await this.endLinks(accountId, because);
    const made = await this.feed.counting(move(because), (ended) => ended && this.revocations.addAccount(ended));
    if (made && ENDS_LINKS.has(because)) await this.endLinks(accountId, because);
    return made !== undefined;
  }

  /** Forgets what other tables say of a deleted account. Only the ids of its sessions stay, until their tokens have expired. */
  async forget(accountId: number): Promise<void> {
    await this.networks.forget(accountId);
    await this.links.forget(accountId);
    await this.mails.forget(ofAccount(accountId));
    for (let place = await this.sessions.forgetClients(accountId); place;)
      place = await this.sessions.forgetClients(accountId, place);
  }

  private async deleting(accountId: number, move: (because: RevocationReason) => Move): Promise<boolean> {
    const isDeleted = await this.ending(accountId, 'account_deleted', move);
    if (isDeleted) await this.forgetSoon(accountId);
    return isDeleted;
  }

  /** The answer waits for what nearly every account has. Housekeeping forgets again what a failure left. */
  private async forgetSoon(...accountIds: readonly number[]): Promise<void> {
    await Promise.race([this.forgetEach(accountIds), delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
  }

  private async forgetEach(accountIds: readonly number[]): Promise<void> {
    for (const accountId of accountIds)
      await this.forget(accountId).catch((error: unknown) => {
        this.logger.warn({ message: 'What is known of a deleted account is forgotten later.', accountId, error });
      });
  }

  private async endLinks(accountId: number, because: RevocationReason): Promise<void> {
    const end = because === 'password_changed' ? because : 'account_changed';
    await this.links.endAll(accountId, end, 'reset_password', 'change_email');
  }
}
