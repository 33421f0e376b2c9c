import nodemailer from 'nodemailer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Clock } from '../config/clock.js';
import type { Config } from '../config/env.js';
import type { Mail } from './mail.js';
import { Mailer } from './mailer.js';
import { messageOf, withWholeLines } from './message.js';

/** How long a mail server may take to answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** How many connections to the mail server may be open at a time; further mails wait for one. */
const CONNECTIONS = 10;

/** Sends mails to the server of `SMTP_URL`. */
export class Smtp extends Mailer {
  private readonly transport;
  private readonly asking = new Set<SMTPConnection>();

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    super();
    this.transport = withWholeLines(
      nodemailer.createTransport({
        url: config.SMTP_URL,
        pool: true,
        maxConnections: CONNECTIONS,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS,
      }),
    );
  }

  async deliver(mail: Mail, id: string): Promise<void> {
    await this.transport.sendMail(messageOf(mail, id, this.config.MAIL_FROM, this.clock.now()));
  }

  /** Signs in to the server and sends nothing. @throws what the server or the network says, if that fails */
  async verify(): Promise<void> {
    await this.transport.verify();
  }

  /** Says EHLO to the server, and sends nothing. */
  async offersSmtpUtf8(): Promise<boolean> {
    const connection = new SMTPConnection(this.transport.options);
    this.asking.add(connection.once('end', () => this.asking.delete(connection)));
    try {
      await new Promise<void>((connected, failed) => {
        connection.once('error', failed).once('end', () => failed(new Error('Connection closed')));
        connection.connect((error) => (error ? failed(error) : connected()));
      });
    } catch (error) {
      connection.close();
      throw error;
    }
    const answer = connection.lastServerResponse || '';
    connection.quit();
    return /[ -]SMTPUTF8\b/im.test(answer);
  }

  close(): void {
    for (const connection of this.asking) connection.close();
    this.transport.close({ force: true });
  }
}
