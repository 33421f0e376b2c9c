import { Injectable, Logger } from '@nestjs/common';
import type { Origin } from '../../audit/audit-entry.js';
import { AuthError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import type { Client } from '../door.js';

/** Makes the mail that was asked for, if there is one to send. */
type Composer = (from: Origin) => Promise<Mail | undefined>;

/**
 * Mails what somebody asks for who did not sign in. The answer is on its way before anything is looked up: neither what
 * it says nor how long it takes tells whether there is such an account.
 */
@Injectable()
export class MailRequests {
  private readonly logger = new Logger(MailRequests.name);

  constructor(
    private readonly limits: LimitsService,
    private readonly mails: MailQueue,
  ) {}

  /** Mails what `compose` makes; nothing, with a line in the log, once the network has asked too often. */
  async enqueue(client: Client, compose: Composer): Promise<void> {
    if (!(await this.isWithinBudget(client))) return;
    const from = originOf(client);
    this.mails.enqueue(() => compose(from));
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
