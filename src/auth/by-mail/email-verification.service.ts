import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { canonical, mailboxOf } from '../../users/canonical.js';
import { isNewUsername } from '../../users/identifiers.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { Client } from '../door.js';
import { EmailProofs } from './email-proofs.service.js';
import type { EmailLink } from './link-password.service.js';
import { FURTHER_LINKS_SECONDS, type Job, type JobOf, ofAccount } from './mail-jobs.js';
import { MailRequests } from './mail-requests.js';
import { type MailedClaim, MailedLinks } from './mailed-links.service.js';
import { verificationMail, verificationsMail } from './link-mails.js';

/** A mail of an account that is to have its link. */
interface WaitingMail {
  readonly accountId: number;
  readonly mailId: string;
  readonly isPressing?: boolean;
}

/** Proves that an e-mail address belongs to its account, by a link that is mailed to it. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly users: UsersService,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailQueue,
    private readonly requests: MailRequests,
    private readonly proofs: EmailProofs,
    private readonly limits: LimitsService,
    private readonly audit: AuditLog,
    private readonly config: Config,
  ) {}

  /** Whether an account may be used by its e-mail address. */
  isVerified({ emailVerifiedAt }: Pick<User, 'emailVerifiedAt'>): boolean {
    return emailVerifiedAt !== null || !this.config.EMAIL_VERIFICATION;
  }

  /** The refusal of a sign-in by an address that is not verified; a new link is mailed. */
  async refuse(user: User, client: Client): Promise<AuthError> {
    await this.sendLink(user, client);
    return new AuthError('email_unverified');
  }

  /**
   * Mails a link to the stored address, unless one was mailed within `MAIL_QUIET`. Beyond three in ten minutes, a mailbox
   * gets one mail a minute with all of them.
   */
  async sendLink(user: User, { ip: from }: Client): Promise<void> {
    const { id: accountId, email } = user;
    if (email === null) return;
    if (!(await this.limits.isMailedAtOnce(canonical('email', email)))) return this.sendFurtherLink(user, email, from);
    await this.mails.enqueue({ kind: 'verify_email', accountId }, { owner: ofAccount(accountId), to: email, from });
  }

  private async sendFurtherLink(
    { id: accountId }: User,
    email: string,
    from: string | null | undefined,
  ): Promise<void> {
    const job: Job = { kind: 'verify_email', accountId, waitsSeconds: FURTHER_LINKS_SECONDS };
    const group = `registrations ${mailboxOf(email)}`;
    await this.mails.enqueue(job, { owner: group, to: email, from: from ?? null, group });
  }

  /** Mails links to whoever asks for them and needs one. Says nothing, whether there is such an account or not. */
  async resend(email: string, client: Client): Promise<void> {
    await this.requests.enqueue(client, email, () => ({ kind: 'verify_email_requested', email }));
  }

  /** The mail with the links to the address that accounts have now. */
  async compose(mails: readonly WaitingMail[]): Promise<Mail | undefined> {
    const claims: MailedClaim[] = [];
    for (const { accountId, mailId } of mails) {
      const user = await this.users.findById(accountId);
      // An account that was refused several sign-ins has several mails.
      if (!user?.email || claims.some((claim) => claim.user.id === accountId)) continue;
      const isOurs = mailboxOf(user.email) === mailboxOf(claims[0]?.user.email ?? user.email);
      // The other mailbox gets the next mail.
      if (isOurs) claims.push({ user, mailId });
      else await this.sendFurtherLink(user, user.email, null);
    }
    return this.mailOf(claims, mails.some(({ isPressing }) => isPressing) ? 0 : this.config.MAIL_QUIET);
  }

  /** As `compose`, for all who claim an address. */
  async composeRequested(job: JobOf<'verify_email_requested'>, mailId: string): Promise<Mail | undefined> {
    const claims = await this.requests.claimsOf(job, mailId);
    return claims && this.mailOf(claims, this.config.MAIL_QUIET);
  }

  /** What a link would confirm, if it works. Looking does not use it up. */
  async find(token: string): Promise<EmailLink | undefined> {
    return this.links.find(token, 'verify_email');
  }

  /**
   * Confirms the address of a link, takes it from all others that claim it, and ends all other such links. Answers whether
   * the link works.
   */
  async confirm(token: string, checkedHash: string | undefined, client: Client): Promise<boolean> {
    const owner = await this.tokens.consume(token, 'verify_email');
    if (!owner) return false;
    const { accountId, email } = owner;
    if (!(await this.users.confirmEmail(accountId, email, isNewUsername(email), checkedHash))) {
      await this.tokens.wasInVain(token);
      return false;
    }
    const detail = await this.proofs.endOtherClaims(accountId, email);
    // Whoever asked for another address may be a stranger: another proof of the account's address ends that.
    await this.tokens.endAll(accountId, 'address_confirmed', 'verify_email', 'change_email');
    this.audit.record({ kind: 'email_verified', from: client, accountId, actorId: accountId, detail });
    return true;
  }

  private async mailOf(claims: readonly MailedClaim[], quietSeconds: number): Promise<Mail | undefined> {
    const links = await this.links.ofClaims(claims.filter(isUnproved), 'verify_email', quietSeconds);
    const [first] = links;
    if (!first) return undefined;
    return links.length === 1 ? verificationMail(first.to, first) : verificationsMail(first.to, links);
  }
}

function isUnproved({ user }: MailedClaim): boolean {
  return user.email !== null && user.emailVerifiedAt === null;
}
