import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { AuthError, DeadLinkError } from '../errors/auth-error.js';
import { MailQueue } from '../mail/mail-queue.js';
import { OneTimeTokensService } from '../tokens/one-time-tokens.service.js';
import { canonical, USERNAME_MAX_LENGTH } from '../users/identifiers.js';
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

  /** Whether the account may sign in by its e-mail address. */
  isVerified(user: User): boolean {
    return user.emailVerifiedAt !== null || !this.config.EMAIL_VERIFICATION;
  }

  /** The refusal of a sign-in by an address that is not verified; a new link is mailed. */
  refuse(user: User): AuthError {
    this.sendLink(user);
    return new AuthError('email_unverified');
  }

  /** Mails a link to the stored address, in the background, unless one was mailed within the last five minutes. */
  sendLink({ id, email }: User): void {
    if (email === null) return;
    this.mails.enqueue(async () => {
      const link = {
        accountId: id,
        email,
        purpose: 'verify_email',
        lifetimeSeconds: LINK_SECONDS,
        quietSeconds: QUIET_SECONDS,
      } as const;
      const token = await this.links.issue(link);
      return token === undefined ? undefined : verificationMail(email, `${this.config.PUBLIC_URL}/verify/${token}`);
    });
  }

  /** Mails a link to whoever asks for one and needs it. Says nothing, whether there is such an account or not. */
  resend(email: string): void {
    this.mails.enqueue(async () => {
      const user = await this.users.findByName('email', email);
      if (user && user.status !== 'deactivated' && user.emailVerifiedAt === null) this.sendLink(user);
      return undefined;
    });
  }

  /** The address that a link would confirm. Looking does not use the link up. @throws {DeadLinkError} */
  async addressOf(token: string): Promise<string> {
    const owner = await this.links.find(token, 'verify_email');
    const user = owner && (await this.users.findById(owner.accountId));
    if (!owner || user?.emailKey !== canonical(owner.email)) throw new DeadLinkError();
    return owner.email;
  }

  /**
   * Confirms the address of a link and ends all other links of the account.
   * @throws {DeadLinkError} for a link that was used, has expired, is of a former address or never existed
   */
  async confirm(token: string): Promise<string> {
    const email = await this.addressOf(token);
    const owner = await this.links.consume(token, 'verify_email');
    if (!owner) throw new DeadLinkError();
    await this.users.confirmEmail(owner.accountId, owner.email, Array.from(owner.email).length <= USERNAME_MAX_LENGTH);
    await this.links.endAll(owner.accountId, 'verify_email');
    return email;
  }
}
