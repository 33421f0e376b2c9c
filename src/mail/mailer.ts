import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import type { Mail } from './mail.js';

/** How long a mail server may take to answer, in milliseconds. */
const SMTP_TIMEOUT_MS = 10_000;

/** Delivers mails: to `SMTP_URL`, or without one as `.eml` files into the outbox, with the link in the log. */
@Injectable()
export class Mailer {
  private readonly logger = new Logger(Mailer.name);
  readonly deliver: (mail: Mail) => Promise<void>;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    this.deliver = config.SMTP_URL ? this.bySmtp(config.SMTP_URL) : this.intoOutbox(join(config.DATA_DIR, 'outbox'));
  }

  private bySmtp(url: string): (mail: Mail) => Promise<void> {
    const timeouts = {
      connectionTimeout: SMTP_TIMEOUT_MS,
      greetingTimeout: SMTP_TIMEOUT_MS,
      socketTimeout: SMTP_TIMEOUT_MS,
    };
    const transport = nodemailer.createTransport({ url, ...timeouts });
    return async (mail) => {
      await transport.sendMail(this.message(mail));
    };
  }

  private intoOutbox(folder: string): (mail: Mail) => Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });
    return async (mail) => {
      const { message } = await transport.sendMail(this.message(mail));
      const file = join(folder, `${this.clock.now().toISOString().replaceAll(':', '-')}-${randomUUID()}.eml`);
      await writeFile(file, message as Buffer, { mode: 0o600 });
      this.logger.log({
        message: 'No mail server is configured; a mail was put into the outbox.',
        file,
        link: mail.link,
      });
    };
  }

  private message({ to, subject, text }: Mail): SendMailOptions {
    return {
      from: this.config.MAIL_FROM,
      to: { name: '', address: to },
      subject,
      text,
      date: this.clock.now(),
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }
}
