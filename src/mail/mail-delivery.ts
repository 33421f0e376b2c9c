import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Config } from '../config/env.js';
import { RepeatedFailure } from '../logging/repeated-failure.js';
import { GivenUpMails } from './given-up-mails.js';
import type { Mail } from './mail.js';
import { type IdentifiedJob, MailComposer } from './mail-job.js';
import { Mailer } from './mailer.js';
import { MailQueue } from './mail-queue.js';
import { MailsStore } from './mails.store.js';
import { roomBeside } from './room.js';
import type { LeasedMail } from './waiting-mails.js';

/** Interval at which due mails are looked for, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** Interval at which waiting mails are counted, in milliseconds. */
const COUNT_EVERY_MS = 5000;

/** How often a mail is tried; with waits that double from ten seconds, the last try is after nearly three hours. */
const TRIES = 11;

/** How often a mail is tried that the server refuses for good: trying for hours costs a sender its good name (RFC 5321 §4.2.1). */
const TRIES_IF_REFUSED = 3;

/** The longest wait before a further try, in seconds: no link lives longer. */
const LONGEST_WAIT_SECONDS = 24 * 60 * 60;

/** How long deliveries may still take when the service stops, in milliseconds. */
const FINISH_MS = 2000;

/** Sends the mails that wait in the store, each by one instance at a time and at least once. */
@Injectable()
export class MailDelivery implements OnModuleDestroy {
  private readonly logger = new Logger(MailDelivery.name);
  private readonly failure = new RepeatedFailure(this.logger);
  private readonly underWay = new Map<LeasedMail, Promise<void>>();
  private waiting = 0;
  private looking: Promise<void> | undefined;
  private isAsked = false;
  private isClosing = false;

  constructor(
    private readonly store: MailsStore,
    private readonly mailer: Mailer,
    private readonly composer: MailComposer,
    private readonly givenUp: GivenUpMails,
    private readonly config: Config,
    queue: MailQueue,
  ) {
    queue.onAdded(() => setImmediate(() => void this.look()));
  }

  /** Mails that waited when they were last counted. */
  get waitingCount(): number {
    return this.waiting;
  }

  /** Counts what waits, for the metrics. A store that fails costs this count. */
  @Interval(COUNT_EVERY_MS)
  async count(): Promise<void> {
    this.waiting = await this.store.count().catch(() => this.waiting);
  }

  /** Sends what is due, as far as there is room. A store that fails costs this look. */
  @Interval(LOOK_EVERY_MS)
  async look(): Promise<void> {
    this.isAsked = true;
    this.looking ??= this.fillWhileAsked();
    return this.looking;
  }

  /** Resolves once no mail is due and none is being sent. */
  async settled(): Promise<void> {
    let isDue: boolean;
    do {
      await this.look();
      await Promise.all(this.underWay.values());
      isDue = await this.store.hasDue();
    } while (isDue || this.looking !== undefined || this.underWay.size > 0);
  }

  /** Waits a moment for mails that are being sent. The others are sent after the next start, or by another instance. */
  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    const breakingOff = setTimeout(() => this.mailer.close(), FINISH_MS);
    await this.looking;
    await Promise.all(this.underWay.values());
    clearTimeout(breakingOff);
    this.mailer.close();
  }

  /** Looks again if somebody asked meanwhile: their mail may have been added after the first look read the store. */
  private async fillWhileAsked(): Promise<void> {
    try {
      do {
        this.isAsked = false;
        await this.fill();
      } while (this.isAsked);
    } finally {
      this.looking = undefined;
    }
  }

  private async fill(): Promise<void> {
    try {
      for (const kind of ['first try', 'retry'] as const)
        for (let mail = await this.next(kind); mail; mail = await this.next(kind)) this.begin(mail);
      this.failure.end();
    } catch (error) {
      this.failure.tell({ message: 'Mails could not be looked for.', error });
    }
  }

  /** The mail to be sent next, if there is room for one. */
  private async next(kind: 'first try' | 'retry'): Promise<LeasedMail | undefined> {
    const room = this.isClosing ? undefined : roomBeside([...this.underWay.keys()], kind);
    return room && this.store.lease(kind, room);
  }

  private begin(mail: LeasedMail): void {
    const sending = this.handle(mail)
      .catch((error: unknown) => this.logger.error({ message: 'A mail could not be taken off the queue.', error }))
      .finally(() => {
        this.underWay.delete(mail);
        void this.look();
      });
    this.underWay.set(mail, sending);
  }

  private async handle(leased: LeasedMail): Promise<void> {
    const { id, group, tries } = leased;
    const others = group === null ? [] : await this.store.leaseGroup(group);
    const mails = [leased, ...others].flatMap(({ id: of, job }) => (job ? [{ id: of, job }] : []));
    const isFurther = [leased, ...others].some(({ isMark }) => isMark);
    const outcome = mails.length === 0 ? 'given up' : await this.trySending(mails, { id, tries, isFurther });
    const isLost = (mail: LeasedMail): boolean =>
      outcome !== 'sent' && !mail.isMark && (mail === leased ? outcome === 'given up' : mail.tries >= TRIES);
    for (const { job } of [leased, ...others].filter(isLost)) await this.givenUp.add(job);
    for (const other of others)
      // What was added to a mail that is given up may have tries of its own left.
      await (outcome === 'sent' || other.isMark || other.tries >= TRIES
        ? this.store.remove(other.id)
        : this.store.putOff(other.id, this.waitAfter(other.tries)));
    if (outcome === 'failed') return this.store.putOff(id, this.waitAfter(tries));
    const collects = group !== null && mails[0]?.job.waitsSeconds === undefined;
    await (collects && outcome === 'sent' ? this.store.mark(id, group) : this.store.remove(id));
  }

  private async trySending(
    mails: readonly IdentifiedJob[],
    { id, tries, isFurther }: Pick<LeasedMail, 'id' | 'tries'> & { readonly isFurther: boolean },
  ): Promise<'sent' | 'failed' | 'given up'> {
    let mail: Mail | undefined;
    try {
      mail = await this.composer.compose(mails, { isFirstTry: tries === 1, isFurther });
    } catch (error) {
      this.logger.error({
        message: 'A mail could not be made.',
        kind: mails[0]?.job.kind,
        attempt: tries,
        of: TRIES,
        error,
      });
      return tries >= TRIES ? 'given up' : 'failed';
    }
    try {
      if (mail) await this.mailer.deliver(mail, id);
      return 'sent';
    } catch (error) {
      const of = (error as { permanent?: boolean }).permanent ? TRIES_IF_REFUSED : TRIES;
      this.logger.warn({ message: 'A mail could not be sent.', subject: mail?.subject, attempt: tries, of, error });
      return tries >= of ? 'given up' : 'failed';
    }
  }

  private waitAfter(tries: number): number {
    return Math.min(this.config.MAIL_RETRY * 2 ** (tries - 1), LONGEST_WAIT_SECONDS);
  }
}
