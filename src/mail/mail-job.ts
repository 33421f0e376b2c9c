import type { Mail } from './mail.js';

/** Something to be mailed. What the mail says is made each time it is tried. */
export interface MailJob {
  readonly kind: string;
  /** How long it waits for others of its group, in seconds. Without this it goes at once, and collects those that follow. */
  readonly waitsSeconds?: number;
  readonly [field: string]: unknown;
}

/** A job with the id of its mail, the same at each try, so that each makes the same link. */
export interface IdentifiedJob {
  readonly id: string;
  readonly job: MailJob;
}

/** Makes the mails of jobs. */
export abstract class MailComposer {
  /** The mail for a job, or for several that are put together; `undefined` if there is nothing to send any more. */
  abstract compose(mails: readonly IdentifiedJob[], sending: Sending): Promise<Mail | undefined>;
}

/** The try for which a mail is made. */
export interface Sending {
  readonly isFirstTry: boolean;
  /** True for notices that were collected since one of their kind was sent. */
  readonly isFurther: boolean;
}
