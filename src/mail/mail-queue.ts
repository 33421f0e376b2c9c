import { Injectable, Logger } from '@nestjs/common';
import { AuthError } from '../errors/auth-error.js';
import type { MailJob } from './mail-job.js';
import { MailsStore } from './mails.store.js';
import type { Addressing } from './waiting-mails.js';

/** Takes what is to be mailed. It is in the store when the act that asked for it is answered, and is sent after that. */
@Injectable()
export class MailQueue {
  private readonly logger = new Logger(MailQueue.name);
  private whenAdded: () => void = () => {};

  constructor(private readonly store: MailsStore) {}

  /** Puts a job into the store. One of an owner who has too many waiting is dropped, with a line in the log. */
  async enqueue(job: MailJob, addressing: Addressing): Promise<void> {
    if (await this.store.add(job, addressing)) this.whenAdded();
    else this.logger.error({ message: 'Too many mails are waiting; one was dropped.', kind: job.kind });
  }

  /** For acts that promise a mail. @throws {AuthError} `too_many_attempts` if too many of its owner wait */
  async demandRoom(owner: string): Promise<void> {
    if (!(await this.store.hasRoom(owner))) throw new AuthError('too_many_attempts');
  }

  /** Forgets the jobs of an owner. */
  async forget(owner: string): Promise<void> {
    await this.store.forget(owner);
  }

  /** Calls back each time that a job was added. */
  onAdded(listener: () => void): void {
    this.whenAdded = listener;
  }
}
