import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import { LimitsService } from '../../limits/limits.service.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { canonical, isKeyOf, mailboxOf } from '../../users/canonical.js';
import { EmailsStore } from '../../users/emails.store.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { ActTrail } from '../act-trail.js';
import type { Client, Principal } from '../door.js';
import { ChosenAddresses } from './chosen-addresses.js';
import { EmailVerificationService } from './email-verification.service.js';
import type { EmailLink } from './link-password.service.js';
import { type EmailChange, FURTHER_LINKS_SECONDS, ofAccount } from './mail-jobs.js';
import { MailedLinks } from './mailed-links.service.js';
import { type ClaimLink, emailChangeMail, emailChangesMail } from './link-mails.js';
import { ProvedAddresses } from './proved-addresses.js';
import { OwnerCheck } from '../account/owner-check.service.js';

/** A mail of a change that is to have its link. */
interface WaitingChange {
  readonly job: EmailChange;
  readonly mailId: string;
}

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

  /** The mail with the links to one mailbox, but to addresses that another account has proved. */
  async compose(mails: readonly WaitingChange[]): Promise<Mail | undefined> {
    const links: ClaimLink[] = [];
    const to = mails[0]?.job.email ?? '';
    for (const { job, mailId } of mails)
      if (!(await this.isTaken(job.email, job.accountId))) links.push(...(await this.linkOf(job, mailId)));
    const [first] = links;
    if (!first) return undefined;
    return links.length === 1 ? emailChangeMail(to, first) : emailChangesMail(to, links);
  }

  private async linkOf({ kind: _kind, ...job }: EmailChange, mailId: string): Promise<ClaimLink[]> {
    const quietSeconds = this.config.MAIL_QUIET;
    const link = await this.links.issue({ ...job, purpose: 'change_email', quietSeconds, mailId });
    if (link === undefined) return [];
    const name = (await this.users.findById(job.accountId))?.username ?? null;
    return [{ link, name, through: job.through, at: job.at }];
  }

  private async enqueue(user: User, email: string, { contract, client }: Principal): Promise<void> {
    const job: EmailChange = {
      kind: 'change_email',
      accountId: user.id,
      email,
      checkedHash: user.passwordHash,
      provedEmail: (user.emailVerifiedAt && user.emailKey) ?? '',
      through: contract,
      at: this.clock.now().toISOString(),
    };
    if (!(await this.limits.isFirstMailTo(canonical('email', email)))) return this.sendFurther(job, client.ip);
    await this.mails.enqueue(job, { owner: ofAccount(user.id), to: email, from: client.ip });
  }

  /** However many accounts ask for a stranger's address, it gets one mail a minute after the first in `MAIL_QUIET`. */
  private async sendFurther(job: EmailChange, from: string | null): Promise<void> {
    const group = `changes to ${mailboxOf(job.email)}`;
    const further = { ...job, waitsSeconds: FURTHER_LINKS_SECONDS };
    await this.mails.enqueue(further, { owner: group, to: job.email, from, group });
  }

  private async isTaken(email: string, id: number): Promise<boolean> {
    return (await this.emails.others(id, email)).isTaken;
  }
}
