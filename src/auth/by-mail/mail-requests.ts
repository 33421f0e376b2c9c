import { Injectable, Logger } from '@nestjs/common';
import type { Origin } from '../../audit/audit-entry.js';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { canonical } from '../../users/canonical.js';
import { isEmailAddress } from '../../users/identifiers.js';
import type { Client } from '../door.js';
import type { Job } from './mail-jobs.js';

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
  ) {}

  /** Puts a job for an address into the queue; nothing, with a line in the log, once the network has asked too often. */
  async enqueue(client: Client, email: string, jobOf: (from: Origin) => Job): Promise<void> {
    if (!(await this.isWithinBudget(client)) || !isEmailAddress(email)) return;
    const from = originOf(client);
    const job = jobOf(from);
    const owner = `${job.kind} ${canonical('email', email)}`;
    await this.mails.enqueue(job, { owner, to: email, from: from.ip, isOfStranger: true });
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

/** Read while the request lasts: a connection that is gone has no address. */
function originOf({ door, ip, userAgent, requestId }: Client): Origin {
  return { door, ip, userAgent, requestId };
}
