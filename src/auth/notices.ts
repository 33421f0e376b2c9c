import { Injectable } from '@nestjs/common';
import { MailQueue } from '../mail/mail-queue.js';
import type { User } from '../users/user.entity.js';
import { noticeMail } from './mails.js';

/** Tells the owner of a verified address what was changed. */
@Injectable()
export class Notices {
  constructor(private readonly mails: MailQueue) {}

  passwordChanged(user: User): void {
    this.send(user, 'password');
  }

  pinChanged(user: User): void {
    this.send(user, 'PIN');
  }

  private send({ email, emailVerifiedAt }: User, what: 'password' | 'PIN'): void {
    if (email !== null && emailVerifiedAt !== null) this.mails.enqueue(async () => noticeMail(email, what));
  }
}
