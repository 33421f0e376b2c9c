import type { Origin } from '../../audit/audit-entry.js';

/** A mail to be made, as it waits in the store. A link goes to the address that its account has when it is sent. */
export type Job =
  | EmailVerification
  | Requested<'verify_email_requested'>
  | EmailChange
  | { readonly kind: 'reset_password'; readonly accountId: number }
  | (Requested<'reset_password_requested'> & { readonly from: Origin })
  | Notice;

/** A link for an account. Beyond a few, those of registrations with one address wait for each other and go as one mail. */
export type EmailVerification = {
  readonly kind: 'verify_email';
  readonly accountId: number;
  readonly waitsSeconds?: number;
  /** True if it goes however lately there was another. */
  readonly isPressing?: boolean;
};

/** Links for whoever has an address. */
export type Requested<Kind> = {
  readonly kind: Kind;
  readonly email: string;
  /** The mailbox to mail to, where accounts have the address in several spellings. */
  readonly to?: string;
  readonly waitsSeconds?: number;
};

/** Another address that somebody asked for, and what was true of the account then. */
export type EmailChange = {
  readonly kind: 'change_email';
  readonly accountId: number;
  readonly email: string;
  readonly checkedHash: string;
  /** The proved address in its canonical form, or ''. */
  readonly provedEmail: string;
  /** The contract through which it was asked for, and when, as ISO 8601 writes it. */
  readonly through: string;
  readonly at: string;
  readonly waitsSeconds?: number;
};

/** Notice to an owner: a change, or too many failed tries. */
export type Notice = {
  readonly kind: 'notice';
  /** Missing in those that wait since an earlier version. */
  readonly accountId?: number;
  readonly to: string;
  readonly what: Changed | `tries of the ${Tried}`;
  /** When, as ISO 8601 writes it. */
  readonly at: string;
  readonly ip: string | null;
  readonly userAgent: string | undefined;
};

/** Things whose change an owner is told of. */
export type Changed = 'password' | 'PIN' | 'e-mail address';

/** Secrets whose failed tries an owner is told of. */
export type Tried = 'password' | 'PIN';

/** A job of a kind. */
export type JobOf<Kind extends Job['kind']> = Extract<Job, { readonly kind: Kind }>;

/** The owner of an account's mails. */
export function ofAccount(accountId: number): string {
  return `account ${accountId}`;
}

/** How long further links to one address wait for each other, in seconds. They go as one mail. */
export const FURTHER_LINKS_SECONDS = 60;
