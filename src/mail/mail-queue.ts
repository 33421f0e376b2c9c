import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Config } from '../config/env.js';
import type { Mail } from './mail.js';
import { Mailer } from './mailer.js';

/** How many mails may be under way, those that wait to be tried again included. */
const LIMIT = 1000;

/** How often a mail is tried; with waits that double from ten seconds, the last try is after nearly three hours. */
const TRIES = 11;

/** How often a mail is tried that the server refuses for good: trying for hours costs a sender its good name (RFC 5321 §4.2.1). */
const TRIES_IF_REFUSED = 3;

/** The longest wait before a further try, in milliseconds: no link lives longer. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** How long deliveries may still take when the service stops, in milliseconds. */
const FINISH_MS = 2000;

/** Makes a mail, or decides that there is none to send. */
type Composer = () => Promise<Mail | undefined>;

/** Sends mails in the background, so that no answer waits for one or fails with it. */
@Injectable()
export class MailQueue implements OnModuleDestroy {
  private readonly logger = new Logger(MailQueue.name);
  private readonly underWay = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    private readonly mailer: Mailer,
    private readonly config: Config,
  ) {}

  /** Sends what `compose` makes, trying again while the server will not take it. A full queue drops it, with a line in the log. */
  enqueue(compose: Composer): void {
    if (this.underWay.size >= LIMIT) return this.logger.error('Too many mails are waiting; one was dropped.');
    const sending = this.run(compose).finally(() => this.underWay.delete(sending));
    this.underWay.add(sending);
  }

  /** How many mails are under way, those that wait to be tried again included. */
  get waitingCount(): number {
    return this.underWay.size;
  }

  /** Resolves once no mail is under way any more. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /**
   * Waits a moment for mails that are being sent, not for those that wait to be tried again: their owners can ask again.
   * Before the audit trail is written for the last time, since making a mail may be recorded.
   */
  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    const breakingOff = setTimeout(() => this.mailer.close(), FINISH_MS);
    await this.settled();
    clearTimeout(breakingOff);
    this.mailer.close();
  }

  private async run(compose: Composer): Promise<void> {
    let mail: Mail | undefined;
    try {
      // SQLite answers at once: without this the request would wait for all of it, and tell by its time who exists.
      await setImmediate();
      mail = await compose();
    } catch (error) {
      return this.logger.error({ message: 'A mail could not be made.', error });
    }
    if (mail) await this.send(mail);
  }

  private async send(mail: Mail): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.mailer.deliver(mail);
      } catch (error) {
        const of = (error as { permanent?: boolean }).permanent ? TRIES_IF_REFUSED : TRIES;
        this.logger.warn({ message: 'A mail could not be sent.', subject: mail.subject, attempt, of, error });
        if (attempt >= of) return;
      }
      if (!(await this.waitAfter(attempt))) return this.logger.warn('A mail was given up: the service stops.');
    }
  }

  /** Waits before the next try. Answers whether there is to be one: not when the service stops. */
  private async waitAfter(attempt: number): Promise<boolean> {
    const waitMs = Math.min(this.config.MAIL_RETRY * 1000 * 2 ** (attempt - 1), LONGEST_WAIT_MS);
    return delay(waitMs, true, { signal: this.closing.signal, ref: false }).catch(() => false);
  }
}
