import { Injectable, Logger } from '@nestjs/common';
import type { Origin } from '../../audit/audit-entry.js';
import { Clock } from '../../config/clock.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { canonical } from '../../users/canonical.js';
import type { User } from '../../users/user.entity.js';
import type { Client } from '../door.js';
import { type Notice, ofAccount, type Tried } from './mail-jobs.js';

/** Tells the owner of a verified address what was changed. The change is made already: a failure here is only logged. */
@Injectable()
export class Notices {
  private readonly logger = new Logger(Notices.name);

  constructor(
    private readonly mails: MailQueue,
    private readonly clock: Clock,
  ) {}

  async passwordChanged(user: User, from: Client): Promise<void> {
    await this.sendToVerified(user, 'password', from);
  }

  /** To the address that the mailed link proved. */
  async passwordReset(accountId: number, email: string, from: Client): Promise<void> {
    await this.send(accountId, email, 'password', from);
  }

  /** To the previous address, whose owner has to learn of it. */
  async emailChanged(before: User, from: Origin): Promise<void> {
    await this.sendToVerified(before, 'e-mail address', from);
  }

  async pinChanged(user: User, from: Client): Promise<void> {
    await this.sendToVerified(user, 'PIN', from);
  }

  /** Tells that networks which the account does not know may try no more, for too many failures in a row. */
  strangersShutOut(user: User, what: Tried, from: Client): void {
    // Not awaited: a refusal must take as long as for a name that nobody has.
    void this.sendToVerified(user, `tries of the ${what}` as const, from);
  }

  private async sendToVerified(
    { id, email, emailVerifiedAt }: User,
    what: Notice['what'],
    from: Origin,
  ): Promise<void> {
    if (email !== null && emailVerifiedAt !== null) await this.send(id, email, what, from);
  }

  private async send(accountId: number, to: string, what: Notice['what'], client: Origin): Promise<void> {
    const { ip, userAgent } = client;
    const notice = { kind: 'notice', accountId, to, what, at: this.clock.now().toISOString(), ip, userAgent };
    const group = `${what} ${canonical('email', to)}`;
    const isOfStranger = what.startsWith('tries');
    const addressing = { owner: ofAccount(accountId), to, from: ip, isOfStranger, group };
    await this.mails.enqueue(notice, addressing).catch((error: unknown) => {
      this.logger.error({ message: 'A notice could not be put into the store.', what, accountId, error });
    });
  }
}
