import { Injectable } from '@nestjs/common';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import { NativeError } from '../../errors/native-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { EmailsStore } from '../../users/emails.store.js';
import { isKeyOf } from '../../users/canonical.js';
import { isNewUsername } from '../../users/identifiers.js';
import { PinsStore } from '../../users/pins.store.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { ActTrail } from '../act-trail.js';
import { ChosenAddresses } from '../by-mail/chosen-addresses.js';
import type { EndedClaims } from '../by-mail/email-proofs.service.js';
import { type Job, ofAccount } from '../by-mail/mail-jobs.js';
import { Notices } from '../by-mail/notices.js';
import { ProvedAddresses } from '../by-mail/proved-addresses.js';
import { namesOf } from '../names-of.js';
import type { Operator } from './operator.js';

/** What an operator does for somebody who cannot get in. Each act is in the trail, with who did it and to whom. */
@Injectable()
export class HelpDeskService {
  constructor(
    private readonly users: UsersService,
    private readonly emails: EmailsStore,
    private readonly chosen: ChosenAddresses,
    private readonly addresses: ProvedAddresses,
    private readonly links: OneTimeTokensService,
    private readonly mails: MailQueue,
    private readonly notices: Notices,
    private readonly pins: PinsStore,
    private readonly limits: LimitsService,
    private readonly trail: ActTrail,
    private readonly config: Config,
  ) {}

  /**
   * Gives an account another address: one that its owner has proved to the operator, or one that counts once the link that
   * is mailed there is followed. No session ends. Answers whether a link is mailed.
   * @throws {NativeError} `account_not_found`, or `account_closed` where a link would have to be mailed
   * @throws {AuthError} `email_invalid`, `email_taken`, or `too_many_attempts` of such mails
   */
  async setEmail(by: Operator, accountId: number, email: string, isProved: boolean): Promise<boolean> {
    this.chosen.demand(email);
    const act = { kind: 'email_set', accountId } as const;
    const detail = { email_verified: isProved };
    if (!isProved)
      return this.trail.recordedBy(
        by,
        { ...act, detail },
        async () => this.claim(by, await this.account(accountId), email),
        (isMailed) => ({ detail: { email_verified: !isMailed } }),
      );
    await this.trail.recordedBy(
      by,
      { ...act, detail },
      async () => this.prove(by, await this.account(accountId), email),
      (ended) => ({ detail: { ...detail, ...ended } }),
    );
    return false;
  }

  /**
   * Mails a link to set a new password, however lately there was another; the password of now works until then.
   * @throws {NativeError} `account_not_found`, `email_missing` or `account_closed`
   * @throws {AuthError} `too_many_attempts` of such mails, or too many of the account wait
   */
  async mailResetLink(by: Operator, accountId: number): Promise<void> {
    await this.trail.recordedBy(by, { kind: 'password_reset_mailed', accountId }, async () => {
      const { email, status } = await this.account(accountId);
      if (email === null) throw new NativeError('email_missing');
      // The link would be dead.
      if (status === 'deactivated') throw new NativeError('account_closed');
      await this.mails.demandRoom(ofAccount(accountId));
      await this.limits.mailByHelpDesk(accountId);
      await this.mail(by, { kind: 'reset_password', accountId }, email);
    });
  }

  /** Lets an account's PIN be tried again at once. @throws {NativeError} `account_not_found` or `pin_missing` */
  async unlockPin(by: Operator, accountId: number): Promise<void> {
    await this.trail.recordedBy(by, { kind: 'pin_unlocked', accountId }, async () => {
      const { pinHash } = await this.account(accountId);
      if (pinHash === null) throw new NativeError('pin_missing');
      await this.unlock(accountId);
    });
  }

  /**
   * Makes whole what was spent of an account's budgets, by anybody: tries under its names from everywhere, of its PIN, in a
   * row, what it hashed, and what its own networks failed under all names.
   * @throws {NativeError} `account_not_found`
   */
  async clearBudgets(by: Operator, accountId: number): Promise<void> {
    await this.trail.recordedBy(by, { kind: 'budgets_cleared', accountId }, async () => {
      const user = await this.account(accountId);
      await this.limits.clearAll(accountId, namesOf(user));
      await this.unlock(accountId);
    });
  }

  /** Answers which accounts merely claimed the address, and lost it. */
  private async prove({ from }: Operator, user: User, email: string): Promise<EndedClaims | undefined> {
    const given = await this.addresses.give(user, email, from, { evenIfClosed: true });
    if (!given) throw await this.refusal(user.id, email);
    // As a link does: a name to go by for one who has none.
    await this.users.confirmEmail(user.id, email, isNewUsername(email));
    return given.ended;
  }

  /** Answers whether a link is mailed: none is if the account has proved the address, or if claiming is proving. */
  private async claim(by: Operator, before: User, email: string): Promise<boolean> {
    const isSame = isKeyOf('email', before.emailKey, email);
    const isProved = isSame && before.emailVerifiedAt !== null;
    const needsLink = !isProved && this.config.EMAIL_VERIFICATION;
    if (needsLink) {
      // The link would be dead.
      if (before.status === 'deactivated') throw new NativeError('account_closed');
      await this.mails.demandRoom(ofAccount(before.id));
      await this.limits.mailByHelpDesk(before.id);
    }
    if (!(await this.emails.claim(before.id, email, by.from.door))) throw await this.refusal(before.id, email);
    if (isProved) return false;
    await this.links.endAll(before.id, 'address_changed', 'change_email', 'verify_email', 'reset_password');
    if (!isSame) await this.notices.emailChanged(before, by.from);
    if (!needsLink) return false;
    await this.mail(by, { kind: 'verify_email', accountId: before.id, isPressing: true }, email);
    return true;
  }

  private async refusal(accountId: number, email: string): Promise<Error> {
    const isGone = (await this.users.findById(accountId)) === undefined;
    return isGone ? new NativeError('account_not_found') : new AuthError('email_taken', { identifier: email });
  }

  private async unlock(accountId: number): Promise<void> {
    await this.pins.unlock(accountId);
    await this.limits.forgetPinFailures(accountId);
  }

  private async mail({ from }: Operator, job: Job & { readonly accountId: number }, to: string): Promise<void> {
    await this.mails.enqueue(job, { owner: ofAccount(job.accountId), to, from: from.ip });
  }

  private async account(id: number): Promise<User> {
    const user = await this.users.findById(id);
    if (!user) throw new NativeError('account_not_found');
    return user;
  }
}
