import { Injectable } from '@nestjs/common';
import { MailQueue } from '../../mail/mail-queue.js';
import type { User } from '../../users/user.entity.js';
import { type Changed, noticeMail } from './mails.js';

/** Tells the owner of a verified address what was changed. */
@Injectable()
export class Notices {
  constructor(private readonly mails: MailQueue) {}

  passwordChanged(user: User): void {
    this.sendToVerified(user, 'password');
  }

  /** To the address that the mailed link proved. */
  passwordReset(email: string): void {
    this.send(email, 'password');
  }

  /** To the address of before, whose owner has to learn of it. */
  emailChanged(before: User): void {
    this.sendToVerified(before, 'e-mail address');
  }

  pinChanged(user: User): void {
    this.sendToVerified(user, 'PIN');
  }

  private sendToVerified({ email, emailVerifiedAt }: User, what: Changed): void {
    if (email !== null && emailVerifiedAt !== null) this.send(email, what);
  }

  private send(email: string, what: Changed): void {
    this.mails.enqueue(async () => noticeMail(email, what));
  }
}
