import { Logger } from '@nestjs/common';
import type { MailJob } from './mail-job.js';

/** Counts the mails that could not be sent and are not tried again. */
export abstract class GivenUpMails {
  private readonly logger = new Logger(GivenUpMails.name);
  private sinceStart = 0;

  /** Mails since the start. */
  get count(): number {
    return this.sinceStart;
  }

  /** Counts a mail, and tells of it unless it was sealed under another secret. Never throws. */
  async add(job: MailJob | undefined): Promise<void> {
    this.sinceStart++;
    try {
      if (job) await this.tell(job);
    } catch (error) {
      this.logger.error({ message: 'A mail that was given up could not be told of.', kind: job?.kind, error });
    }
  }

  protected abstract tell(job: MailJob): Promise<void>;
}
