import { Module } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { Mailer } from './mailer.js';
import { MailQueue } from './mail-queue.js';
import { Outbox } from './outbox.js';
import { Smtp } from './smtp.js';

/** Outgoing mail: to `SMTP_URL`, or without one into the outbox. */
@Module({
  providers: [
    {
      provide: Mailer,
      inject: [Config, Clock],
      useFactory: (config: Config, clock: Clock) =>
        config.SMTP_URL ? new Smtp(config, clock) : new Outbox(config, clock),
    },
    MailQueue,
  ],
  exports: [MailQueue],
})
export class MailModule {}
