import type { MailJob } from './mail-job.js';

/** Whom a job is for. */
export interface Addressing {
  /** Whose mail it is: an account, or where nobody is known yet, the address. */
  readonly owner: string;
  readonly to: string;
  /** Address of the request that asks for it. */
  readonly from: string | null | undefined;
  /** True if whoever asks need not be signed in: the metrics must not tell whether there was somebody to mail to. */
  readonly isOfStranger?: boolean;
  /** Mails of a group that wait go as one: notices, or links to one address. */
  readonly group?: string;
}

/** A mail that is being sent. */
export interface LeasedMail {
  readonly id: string;
  readonly group: string | null;
  /** How often it was tried, this time included. */
  readonly tries: number;
  /** `undefined` if it was sealed under another service secret, or for the mark of a notice that was sent. */
  readonly job: MailJob | undefined;
  readonly isMark: boolean;
  /** Whoever asked, and the recipient's domain, hashed. */
  readonly siteKey: string;
  readonly domainKey: string;
}

/** Sites and domains, hashed, of which enough mails are being sent. */
export interface Busy {
  readonly siteKeys: readonly string[];
  readonly domainKeys: readonly string[];
}
