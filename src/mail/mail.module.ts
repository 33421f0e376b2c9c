import { Module } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { Mailer } from './mailer.js';
import { MailQueue } from './mail-queue.js';
import { Outbox } from './outbox.js';

/** Outgoing mail: to `SMTP_URL`, or without one into the outbox. */
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
    MailQueue,
  ],
  exports: [MailQueue],
})
export class MailModule {}
