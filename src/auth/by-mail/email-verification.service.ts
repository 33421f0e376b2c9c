import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { isNewUsername } from '../../users/identifiers.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { Client } from '../door.js';
import { type JobOf, ofAccount } from './mail-jobs.js';
import { MailRequests } from './mail-requests.js';
import { MailedLinks } from './mailed-links.service.js';
import { verificationMail } from './mails.js';

/** Proves that an e-mail address belongs to its account, by a link that is mailed to it. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly users: UsersService,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailQueue,
    private readonly requests: MailRequests,
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

  /** Mails a link to the stored address, unless one was mailed within `MAIL_QUIET`. */
  async sendLink({ id: accountId, email }: User, { ip: from }: Client): Promise<void> {
    if (email === null) return;
    await this.mails.enqueue({ kind: 'verify_email', accountId }, { owner: ofAccount(accountId), to: email, from });
  }

  /** Mails a link to whoever asks for one and needs it. Says nothing, whether there is such an account or not. */
  async resend(email: string, client: Client): Promise<void> {
    await this.requests.enqueue(client, email, () => ({ kind: 'verify_email_requested', email }));
  }

  /** The mail with a link to the address that an account has now. */
  async compose({ accountId, isPressing = false }: JobOf<'verify_email'>, mailId: string): Promise<Mail | undefined> {
    const user = await this.users.findById(accountId);
    return user && this.mailTo(user, isPressing ? 0 : this.config.MAIL_QUIET, mailId);
  }

  /** As `compose`, for whoever has an address that is not verified. */
  async composeRequested(email: string, mailId: string): Promise<Mail | undefined> {
    const user = await this.users.findByName('email', email);
    return user && this.mailTo(user, this.config.MAIL_QUIET, mailId);
  }

  /** The address that a link would confirm, if it works. Looking does not use it up. */
  async addressOf(token: string): Promise<string | undefined> {
    return (await this.links.find(token, 'verify_email'))?.email;
  }

  /** Confirms the address of a link and ends all other such links. `undefined` if the link does not work. */
  async confirm(token: string, client: Client): Promise<string | undefined> {
    const owner = await this.tokens.consume(token, 'verify_email');
    if (!owner) return undefined;
    const { accountId, email } = owner;
    if (!(await this.users.confirmEmail(accountId, email, isNewUsername(email)))) {
      await this.tokens.wasInVain(token);
      return undefined;
    }
    // Whoever asked for another address may be a stranger: another proof of the account's address ends that.
    await this.tokens.endAll(accountId, 'address_confirmed', 'verify_email', 'change_email');
    this.audit.record({ kind: 'email_verified', from: client, accountId, actorId: accountId });
    return email;
  }

  private async mailTo(
    { id: accountId, email, emailVerifiedAt }: User,
    quietSeconds: number,
    mailId: string,
  ): Promise<Mail | undefined> {
    if (email === null || emailVerifiedAt !== null) return undefined;
    const link = await this.links.issue({ accountId, email, purpose: 'verify_email', quietSeconds, mailId });
    return link === undefined ? undefined : verificationMail(email, link);
  }
}
