import { Injectable, Logger } from '@nestjs/common';
import type { Origin } from '../../audit/audit-entry.js';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { canonical, mailboxOf } from '../../users/canonical.js';
import { ClaimsStore } from '../../users/claims.store.js';
import { isEmailAddress } from '../../users/identifiers.js';
import type { User } from '../../users/user.entity.js';
import type { Client } from '../door.js';
import { FURTHER_LINKS_SECONDS, type Job, type JobOf } from './mail-jobs.js';
import type { MailedClaim } from './mailed-links.service.js';

type Requested = JobOf<'verify_email_requested' | 'reset_password_requested'>;

/** Mails that one request sends at most: a stranger may have registered an address in many spellings. */
const MOST_MAILBOXES = 3;

/**
 * Mails what somebody asks for who did not sign in. Nothing is looked up before the answer: neither what it says nor how
 * long it takes tells whether there is such an account.
 */
@Injectable()
export class MailRequests {
  private readonly logger = new Logger(MailRequests.name);

  constructor(
    private readonly limits: LimitsService,
    private readonly mails: MailQueue,
    private readonly claims: ClaimsStore,
  ) {}

  /** Puts a job for an address into the queue; nothing, with a line in the log, once the network has asked too often. */
  async enqueue(client: Client, email: string, jobOf: (from: Origin) => Job): Promise<void> {
    if (!(await this.isWithinBudget(client)) || !isEmailAddress(email)) return;
    const from = originOf(client);
    const job = jobOf(from);
    const owner = `${job.kind} ${canonical('email', email)}`;
    await this.mails.enqueue(job, { owner, to: email, from: from.ip, isOfStranger: true });
  }

  /**
   * The accounts that a job is about, whose mails go to one mailbox. `undefined` where there are several: then each mailbox of
   * the newest claims gets a job of its own, since an account's link goes to the address as the account has it.
   */
  async claimsOf(job: Requested, id: string): Promise<MailedClaim[] | undefined> {
    const users = await this.claims.findAll(job.email);
    const asked = mailboxOf(job.email);
    const mailboxes = [...new Set(users.map(({ email }) => mailboxOf(email as string)))].sort(
      (a, b) => Number(b === asked) - Number(a === asked),
    );
    if (job.to === undefined && mailboxes.length > 1) {
      for (const to of mailboxes.slice(0, MOST_MAILBOXES))
        await this.mails.enqueue({ ...job, to }, { owner: `${job.kind} ${to}`, to, from: null, isOfStranger: true });
      return undefined;
    }
    if (users.some(isUnproved) && !(await this.isWithinTurn(job))) return undefined;
    return users
      .filter(({ email }) => job.to === undefined || mailboxOf(email as string) === job.to)
      .map((user) => ({ user, mailId: `${id} ${user.id}` }));
  }

  /** Whether an address that nobody has proved may be mailed to now. If not, the job waits for others to the same mailbox. */
  private async isWithinTurn(job: Requested): Promise<boolean> {
    if (job.waitsSeconds !== undefined || (await this.limits.isMailedAtOnce(canonical('email', job.email))))
      return true;
    const to = mailboxOf(job.to ?? job.email);
    const waiting = { ...job, waitsSeconds: FURTHER_LINKS_SECONDS };
    await this.mails.enqueue(waiting, {
      owner: `${job.kind} ${to}`,
      to,
      from: null,
      isOfStranger: true,
      group: `${job.kind} ${to}`,
    });
    return false;
  }

  private async isWithinBudget({ ip, requestId: id }: Client): Promise<boolean> {
    try {
      await this.limits.mailRequest(ip);
      return true;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      this.logger.warn({ message: 'A network asked for too many mails; nothing was mailed.', id });
      return false;
    }
  }
}

function isUnproved({ emailVerifiedAt }: User): boolean {
  return emailVerifiedAt === null;
}

/** Read while the request lasts: a connection that is gone has no address. */
function originOf({ door, ip, userAgent, requestId }: Client): Origin {
  return { door, ip, userAgent, requestId };
}
