import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { canonical, isKeyOf } from '../../users/canonical.js';
import { EmailsStore } from '../../users/emails.store.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { ActTrail } from '../act-trail.js';
import type { Client, Principal } from '../door.js';
import { ChosenAddresses } from './chosen-addresses.js';
import { EmailVerificationService } from './email-verification.service.js';
import type { EmailLink } from './link-password.service.js';
import { type Job, type JobOf, ofAccount } from './mail-jobs.js';
import { MailedLinks } from './mailed-links.service.js';
import { emailChangeMail } from './mails.js';
import { ProvedAddresses } from './proved-addresses.js';
import { OwnerCheck } from '../account/owner-check.service.js';

/** Gives accounts another e-mail address, once a link that is mailed there has proved it. */
@Injectable()
export class EmailChangeService {
  constructor(
    private readonly ownerCheck: OwnerCheck,
    private readonly users: UsersService,
    private readonly proved: ProvedAddresses,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokensService,
    private readonly verification: EmailVerificationService,
    private readonly chosen: ChosenAddresses,
    private readonly emails: EmailsStore,
    private readonly mails: MailQueue,
    private readonly limits: LimitsService,
    private readonly audit: AuditLog,
    private readonly trail: ActTrail,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Mails a link to another address for the account that asks. Says nothing, whether somebody has that address or not.
   * @throws {AuthError} `email_invalid`, or why the password does not count
   */
  async request(principal: Principal, email: string, password: string): Promise<void> {
    this.chosen.demand(email);
    const user = await this.trail.recorded(principal, { kind: 'email_change_requested' }, () =>
      this.ownerCheck.demand(principal, password),
    );
    if (!isKeyOf('email', user.emailKey, email)) await this.enqueue(user, email, principal);
    else if (user.emailVerifiedAt === null) await this.verification.sendLink(user, principal.client);
  }

  /** The account that a link would give another address, if it works. Looking does not use it up. */
  async find(token: string): Promise<EmailLink | undefined> {
    const link = await this.tokens.find(token, 'change_email');
    const user = link && (await this.users.findById(link.accountId));
    if (!user || user.status === 'deactivated' || (await this.isTaken(link.email, user.id))) return undefined;
    return { user, email: link.email };
  }

  /**
   * Gives an account the address of a link, takes it from all others that claim it, and ends the account's other links.
   * Answers whether the link works.
   */
  async confirm(token: string, checkedHash: string | undefined, client: Client): Promise<boolean> {
    const link = await this.tokens.consume(token, 'change_email');
    if (!link) return false;
    const before = await this.users.findById(link.accountId);
    const given = before && (await this.proved.give(before, link.email, client, { checkedHash }));
    if (!given) {
      await this.tokens.wasInVain(token);
      return false;
    }
    const { accountId } = link;
    this.audit.record({ kind: 'email_verified', from: client, accountId, actorId: accountId, detail: given.ended });
    return true;
  }

  /** The mail with a link to another address, unless another account has proved that. */
  async compose({ kind: _kind, ...job }: JobOf<'change_email'>, mailId: string): Promise<Mail | undefined> {
    const { accountId, email } = job;
    if (await this.isTaken(email, accountId)) return undefined;
    const quietSeconds = this.config.MAIL_QUIET;
    const issued = await this.links.issue({ ...job, purpose: 'change_email', quietSeconds, mailId });
    if (issued === undefined) return undefined;
    const name = (await this.users.findById(accountId))?.username ?? null;
    return emailChangeMail(email, { link: issued, name, through: job.through, at: job.at });
  }

  private async enqueue(user: User, email: string, { contract, client }: Principal): Promise<void> {
    if (!(await this.mayMailTo(email))) return;
    const job = {
      kind: 'change_email',
      accountId: user.id,
      email,
      checkedHash: user.passwordHash,
      provedEmail: (user.emailVerifiedAt && user.emailKey) ?? '',
      through: contract,
      at: this.clock.now().toISOString(),
    } satisfies Job;
    await this.mails.enqueue(job, { owner: ofAccount(user.id), to: email, from: client.ip });
  }

  /** However many accounts ask for it, a stranger's address gets one mail in `MAIL_QUIET`. */
  private async mayMailTo(email: string): Promise<boolean> {
    try {
      await this.limits.mailTo(canonical('email', email));
      return true;
    } catch (error) {
      if (error instanceof AuthError) return false;
      throw error;
    }
  }

  private async isTaken(email: string, id: number): Promise<boolean> {
    return (await this.emails.others(id, email)).isTaken;
  }
}
