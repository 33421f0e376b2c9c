import { Module } from '@nestjs/common';
import { Mailer } from './mailer.js';
import { MailQueue } from './mail-queue.js';

/** Outgoing mail. */
@Module({ providers: [Mailer, MailQueue], exports: [MailQueue] })
export class MailModule {}
