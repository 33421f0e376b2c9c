import type { Mail } from './mail.js';

/** The way by which mails leave the service. */
export abstract class Mailer {
  /** Resolves once the mail is out of our hands. Its `id` is the same at each try, and becomes its Message-ID. @throws whatever the way out failed with */
  abstract deliver(mail: Mail, id: string): Promise<void>;

  /**
   * True if mails can go to addresses with more than ASCII before the @ (SMTPUTF8, RFC 6531).
   * @throws whatever the way out failed with
   */
  abstract offersSmtpUtf8(): Promise<boolean>;

  /** Breaks off every delivery. What is delivered later fails. */
  abstract close(): void;
}
