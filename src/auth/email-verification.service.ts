import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { AuthError, DeadLinkError } from '../errors/auth-error.js';
import type { Mail } from '../mail/mail.js';
import { MailQueue } from '../mail/mail-queue.js';
import { OneTimeTokensService } from '../tokens/one-time-tokens.service.js';
import { canonical, isEmailAddress, isUsername } from '../users/identifiers.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { verificationMail } from './mails.js';

/** How long a mailed link works, in seconds. */
const LINK_SECONDS = 24 * 60 * 60;

/** How long after one link no other is mailed to the same account, in seconds. */
const QUIET_SECONDS = 5 * 60;

/** Proves that an e-mail address belongs to its account, by a link that is mailed to it. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly users: UsersService,
    private readonly links: OneTimeTokensService,
    private readonly mails: MailQueue,
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

  /** Mails a link to the stored address, in the background, unless one was mailed within the last five minutes. */
  sendLink(user: User): void {
    this.mails.enqueue(() => this.compose(user));
  }

  /** Mails a link to whoever asks for one and needs it. Says nothing, whether there is such an account or not. */
  resend(email: string): void {
    if (!isEmailAddress(email)) return;
    this.mails.enqueue(async () => {
      const user = await this.users.findByName('email', email);
      return user && user.status !== 'deactivated' && user.emailVerifiedAt === null ? this.compose(user) : undefined;
    });
  }

  /** The address that a link would confirm. Looking does not use the link up. @throws {DeadLinkError} */
  async addressOf(token: string): Promise<string> {
    const owner = await this.links.find(token, 'verify_email');
    const user = owner && (await this.users.findById(owner.accountId));
    if (!user || user.status === 'deactivated' || user.emailKey !== canonical(owner.email)) throw new DeadLinkError();
    return owner.email;
  }

  /**
   * Confirms the address of a link and ends all other links of the account.
   * @throws {DeadLinkError} for a link that was used, has expired, is of a former address or never existed
   */
  async confirm(token: string): Promise<string> {
    const owner = await this.links.consume(token, 'verify_email');
    if (!owner) throw new DeadLinkError();
    const { accountId, email } = owner;
    if (!(await this.users.confirmEmail(accountId, email, isUsername(email)))) throw new DeadLinkError();
    await this.links.endAll(accountId, 'verify_email');
    return email;
  }

  private async compose({ id, email }: User): Promise<Mail | undefined> {
    if (email === null) return undefined;
    const token = await this.links.issue({
      accountId: id,
      email,
      purpose: 'verify_email',
      lifetimeSeconds: LINK_SECONDS,
      quietSeconds: QUIET_SECONDS,
    });
    return token === undefined ? undefined : verificationMail(email, this.linkOf(token));
  }

  /** In ASCII, whatever the host: mails are plain ASCII. */
  private linkOf(token: string): string {
    return new URL(`${this.config.PUBLIC_URL}/verify/${token}`).href;
  }
}
