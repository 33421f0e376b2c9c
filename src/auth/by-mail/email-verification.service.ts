import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { isEmailAddress, isUsername } from '../../users/identifiers.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { Client } from '../door.js';
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
  refuse(user: User): AuthError {
    this.sendLink(user);
    return new AuthError('email_unverified');
  }

  /** Mails a link to the stored address, in the background, unless one was mailed within `MAIL_QUIET`. */
  sendLink(user: User): void {
    this.mails.enqueue(() => this.compose(user));
  }

  /** Mails a link to whoever asks for one and needs it. Says nothing, whether there is such an account or not. */
  async resend(email: string, client: Client): Promise<void> {
    await this.requests.enqueue(client, async () => {
      const user = isEmailAddress(email) ? await this.users.findByName('email', email) : undefined;
      return user?.emailVerifiedAt === null ? this.compose(user) : undefined;
    });
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
    if (!(await this.users.confirmEmail(accountId, email, isUsername(email)))) return undefined;
    await this.tokens.endAll(accountId, 'verify_email');
    this.audit.record({ kind: 'email_verified', from: client, accountId, actorId: accountId });
    return email;
  }

  private async compose({ id, email }: User): Promise<Mail | undefined> {
    if (email === null) return undefined;
    const purpose = 'verify_email';
    const link = await this.links.issue({ accountId: id, email, purpose, quietSeconds: this.config.MAIL_QUIET });
    return link === undefined ? undefined : verificationMail(email, link);
  }
}
