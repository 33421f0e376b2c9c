import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../config/clock.js';
import { RepeatedFailure } from '../logging/repeated-failure.js';
import { Mailer } from './mailer.js';

/** Interval at which a mail server that has not answered yet is asked, in milliseconds. */
const ASK_EVERY_MS = 60_000;

/** How long an answer counts, in milliseconds: mail servers are replaced under the same name. */
const ANSWER_COUNTS_MS = 60 * 60_000;

/** How long the start waits for the first answer, in milliseconds. */
const FIRST_ANSWER_MS = 2000;

/**
 * Knows if mails can go to addresses with more than ASCII before the @ (SMTPUTF8, RFC 6531). The mail server is asked
 * beside the requests, none of which waits for it.
 */
@Injectable()
export class SmtpUtf8 implements OnApplicationBootstrap {
  private readonly logger = new Logger(SmtpUtf8.name);
  private readonly failure = new RepeatedFailure(this.logger);
  private answer: boolean | undefined;
  private answeredAtMs = 0;

  constructor(
    private readonly mailer: Mailer,
    private readonly clock: Clock,
  ) {}

  /** False until the mail server has said so. An answer counts until the next one, also while the server is away. */
  get isOffered(): boolean {
    return this.answer ?? false;
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.race([this.ask(), wait(FIRST_ANSWER_MS, undefined, { ref: false })]);
  }

  /** Asks again where there is no answer, or an old one. Never throws. */
  @Interval(ASK_EVERY_MS)
  async ask(): Promise<void> {
    const isFresh = Math.abs(this.clock.nowMs() - this.answeredAtMs) < ANSWER_COUNTS_MS;
    if (this.answer !== undefined && isFresh) return;
    try {
      this.answer = await this.mailer.offersSmtpUtf8();
      this.answeredAtMs = this.clock.nowMs();
      this.failure.end();
    } catch (error) {
      this.failure.tell({ message: 'The mail server could not be asked what it offers; it is asked again.', error });
    }
  }
}
