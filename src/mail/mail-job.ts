import type { Mail } from './mail.js';

/** Something to be mailed. What the mail says is made each time it is tried. */
export interface MailJob {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Makes the mails of jobs. */
export abstract class MailComposer {
  /** The mail for a job, or for several that are put together; `undefined` if there is nothing to send any more. */
  abstract compose(jobs: readonly MailJob[], sending: Sending): Promise<Mail | undefined>;
}

/** The try for which a mail is made. */
export interface Sending {
  /** The mail's, the same at each try, so that each makes the same link. */
  readonly id: string;
  readonly isFirstTry: boolean;
  /** True for notices that were collected since one of their kind was sent. */
  readonly isFurther: boolean;
}
