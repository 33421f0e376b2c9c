import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { Clock } from '../config/clock.js';
import type { Config } from '../config/env.js';
import type { Mail } from './mail.js';
import { Mailer } from './mailer.js';
import { messageOf, withWholeLines } from './message.js';

/** Writes mails as `.eml` files into `DATA_DIR/outbox` and their links to the log, where there is no mail server. */
export class Outbox extends Mailer {
  private readonly logger = new Logger(Outbox.name);
  private readonly folder: string;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    super();
    this.folder = join(config.DATA_DIR, 'outbox');
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  async deliver(mail: Mail, id: string): Promise<void> {
    const now = this.clock.now();
    // Loaded with the first mail: it would cost every start 25 ms.
    const { default: nodemailer } = await import('nodemailer');
    const transport = withWholeLines(
      nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' }),
    );
    const { message } = await transport.sendMail(messageOf(mail, id, this.config.MAIL_FROM, now));
    const file = join(this.folder, `${now.toISOString().replaceAll(':', '-')}-${randomUUID()}.eml`);
    await writeFile(file, message as Buffer, { mode: 0o600 });
    for (const link of mail.links ?? [undefined])
      this.logger.log({ message: 'No mail server is configured; a mail was put into the outbox.', file, link });
  }

  /** A file takes any address. */
  async offersSmtpUtf8(): Promise<boolean> {
    return true;
  }

  /** Files are written at once: there is nothing to break off. */
  close(): void {}
}
