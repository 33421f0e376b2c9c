import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { isKeyOf, canonical } from '../../users/canonical.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { ActTrail } from '../act-trail.js';
import type { Client, Principal } from '../door.js';
import { ChosenAddresses } from './chosen-addresses.js';
import { EmailVerificationService } from './email-verification.service.js';
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
    private readonly mails: MailQueue,
    private readonly limits: LimitsService,
    private readonly audit: AuditLog,
    private readonly trail: ActTrail,
    private readonly config: Config,
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
    if (!isKeyOf('email', user.emailKey, email)) await this.enqueue(user, email, principal.client);
    else if (user.emailVerifiedAt === null) await this.verification.sendLink(user, principal.client);
  }

  /** The address that a link would give its account, if it works. Looking does not use it up. */
  async addressOf(token: string): Promise<string | undefined> {
    const link = await this.tokens.find(token, 'change_email');
    const user = link && (await this.users.findById(link.accountId));
    if (!user || user.status === 'deactivated' || (await this.isTaken(link.email, user.id))) return undefined;
    return link.email;
  }

  /** Gives an account the address of a link, and ends its other links. `undefined` if the link does not work. */
  async confirm(token: string, client: Client): Promise<string | undefined> {
    const link = await this.tokens.consume(token, 'change_email');
    if (!link) return undefined;
    const before = await this.users.findById(link.accountId);
    const given =
      before && before.status !== 'deactivated' ? await this.proved.give(before, link.email, client) : undefined;
    if (!before || !given) return this.inVain(token);
    const detail = given.claimedBy === undefined ? undefined : { claimed_by: given.claimedBy };
    this.audit.record({ kind: 'email_verified', from: client, accountId: before.id, actorId: before.id, detail });
    return link.email;
  }

  private async inVain(token: string): Promise<undefined> {
    await this.tokens.wasInVain(token);
    return undefined;
  }

  /** The mail with a link to another address, unless that is somebody else's. */
  async compose({ kind: _kind, ...job }: JobOf<'change_email'>, mailId: string): Promise<Mail | undefined> {
    const { accountId, email } = job;
    if (await this.isTaken(email, accountId)) return undefined;
    const quietSeconds = this.config.MAIL_QUIET;
    const issued = await this.links.issue({ ...job, purpose: 'change_email', quietSeconds, mailId });
    return issued === undefined ? undefined : emailChangeMail(email, issued);
  }

  private async enqueue(user: User, email: string, { ip: from }: Client): Promise<void> {
    if (!(await this.mayMailTo(email))) return;
    const job = {
      kind: 'change_email',
      accountId: user.id,
      email,
      checkedHash: user.passwordHash,
      provedEmail: (user.emailVerifiedAt && user.emailKey) ?? '',
    } satisfies Job;
    await this.mails.enqueue(job, { owner: ofAccount(user.id), to: email, from });
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
    const holder = await this.users.findByName('email', email);
    return holder !== undefined && holder.id !== id && !this.isMereClaim(holder);
  }

  /** An address counts when it is verified: whoever only claims another's keeps nobody from proving it. */
  private isMereClaim({ emailVerifiedAt, username, status }: User): boolean {
    return this.config.EMAIL_VERIFICATION && emailVerifiedAt === null && username !== null && status !== 'pending';
  }
}
