import { Module } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { Mailer } from './mailer.js';
import { MailQueue } from './mail-queue.js';
import { MailSeal } from './mail-seal.js';
import { MailsStore } from './mails.store.js';
import { Outbox } from './outbox.js';
import { SmtpUtf8 } from './smtp-utf8.js';

/** Outgoing mail: to `SMTP_URL`, or without one into the outbox. Whoever makes the mails provides `MailDelivery`. */
@Module({
  providers: [
    {
      provide: Mailer,
      inject: [Config, Clock],
      useFactory: async (config: Config, clock: Clock): Promise<Mailer> => {
        if (!config.SMTP_URL) return new Outbox(config, clock);
        const { Smtp } = await import('./smtp.js');
        return new Smtp(config, clock);
      },
    },
    MailSeal,
    MailsStore,
    MailQueue,
    SmtpUtf8,
  ],
  exports: [Mailer, MailsStore, MailQueue, SmtpUtf8],
})
export class MailModule {}
