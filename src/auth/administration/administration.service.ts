import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import { NativeError } from '../../errors/native-error.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import type { RevocationReason } from '../../tokens/session.entity.js';
import { AccountChanges } from '../../users/account-changes.js';
import type { AccountFacts } from '../../users/account-facts.js';
import { AccountList } from '../../users/account-list.js';
import { EmailsStore } from '../../users/emails.store.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { ActTrail } from '../act-trail.js';
import type { Principal } from '../door.js';
import { EmailProofs } from '../by-mail/email-proofs.service.js';
import { ofAccount } from '../by-mail/mail-jobs.js';
import { PasswordResetService } from '../by-mail/password-reset.service.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** What an administrator changes of an account; what is missing stays as it is. */
export interface Administering {
  readonly status?: 'active' | 'deactivated' | undefined;
  readonly isAdmin?: boolean | undefined;
  readonly emailVerified?: true | undefined;
  readonly forcePasswordReset?: true | undefined;
}

/** What administrators do to accounts. Of what several of them do at once, each is done as a whole or refused. */
@Injectable()
export class AdministrationService {
  constructor(
    private readonly users: UsersService,
    private readonly accounts: AccountList,
    private readonly changes: AccountChanges,
    private readonly emails: EmailsStore,
    private readonly proofs: EmailProofs,
    private readonly links: OneTimeTokensService,
    private readonly passwordReset: PasswordResetService,
    private readonly mails: MailQueue,
    private readonly revocation: RevocationService,
    private readonly trail: ActTrail,
  ) {}

  /** @throws {NativeError} `account_not_found` */
  async show(accountId: number): Promise<AccountFacts> {
    const facts = await this.accounts.find(accountId);
    if (!facts) throw new NativeError('account_not_found');
    return facts;
  }

  /**
   * Changes an account. Asking again finishes what was cut short.
   * @throws {NativeError} `account_not_found`, `email_missing` or `last_admin`
   * @throws {AuthError} `email_unverified` if an account is to be active that has neither a username nor a verified address,
   *   `email_taken` if another account has proved the address that is to be verified, `too_many_attempts` if too many mails
   *   of the account wait for another
   */
  async change(admin: Principal, accountId: number, asked: Administering): Promise<AccountFacts> {
    const detail = detailOf(asked);
    if (Object.keys(detail).length > 0)
      await this.trail.recorded(admin, { kind: 'account_changed', accountId, detail }, () =>
        this.apply(admin, accountId, asked),
      );
    return this.show(accountId);
  }

  /** Deletes an account. @throws {NativeError} `account_not_found` or `last_admin` */
  async delete(admin: Principal, accountId: number): Promise<void> {
    await this.trail.recorded(admin, { kind: 'account_deleted', accountId }, async () => {
      if (!(await this.revocation.deleteAccount(accountId))) throw new NativeError('account_not_found');
    });
  }

  private async apply(admin: Principal, accountId: number, asked: Administering): Promise<void> {
    const { status, isAdmin, emailVerified, forcePasswordReset } = asked;
    const user = await this.account(accountId);
    if ((emailVerified || forcePasswordReset) && user.email === null) throw new NativeError('email_missing');
    // Its owner could sign in nowhere: what a pending account waits for is its address.
    const isNameless = user.username === null && user.emailVerifiedAt === null && !emailVerified;
    if (status === 'active' && user.status !== 'active' && isNameless) throw new AuthError('email_unverified');
    const isMailed = forcePasswordReset && (status ?? user.status) !== 'deactivated';
    if (isMailed) await this.mails.demandRoom(ofAccount(accountId));
    const verifiedEmail = emailVerified ? (user.email ?? undefined) : undefined;
    if (verifiedEmail !== undefined && (await this.emails.others(accountId, verifiedEmail)).isTaken)
      throw new AuthError('email_taken', { identifier: verifiedEmail });
    const change = { status, isAdmin, verifiedEmail, forgetsPassword: forcePasswordReset };
    const because = endingOf(asked, user);
    const isChanged = because
      ? await this.revocation.ending(accountId, because, () => this.changes.apply(accountId, change, because))
      : await this.changes.apply(accountId, change, undefined);
    // The account got another address, another one proved it, or it became an administrator meanwhile, or is gone.
    if (!isChanged) return this.apply(admin, accountId, asked);
    if (verifiedEmail !== undefined) {
      await this.proofs.endOtherClaims(accountId, verifiedEmail);
      await this.links.endAll(accountId, 'address_confirmed', 'verify_email', 'change_email');
    }
    // To a closed account the link would be dead.
    if (isMailed) await this.passwordReset.mailLink(user, admin.client);
  }

  private async account(id: number): Promise<User> {
    const user = await this.users.findById(id);
    if (!user) throw new NativeError('account_not_found');
    return user;
  }
}

/** Why a change ends the account's sessions, if it does: tokens say who is an administrator. */
function endingOf({ status, isAdmin, forcePasswordReset }: Administering, user: User): RevocationReason | undefined {
  if (status === 'deactivated') return 'account_deactivated';
  if (forcePasswordReset) return 'password_changed';
  return isAdmin === false && user.isAdmin ? 'tokens_cleared' : undefined;
}

/** What the trail says of a change. */
function detailOf({ status, isAdmin, emailVerified, forcePasswordReset }: Administering): Record<string, unknown> {
  return {
    ...(status !== undefined && { status }),
    ...(isAdmin !== undefined && { is_admin: isAdmin }),
    ...(emailVerified && { email_verified: true }),
    ...(forcePasswordReset && { force_password_reset: true }),
  };
}
