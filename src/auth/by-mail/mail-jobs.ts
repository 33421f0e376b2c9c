import type { Origin } from '../../audit/audit-entry.js';

/** A mail to be made, as it waits in the store. A link goes to the address that its account has when it is sent. */
export type Job =
  | {
      readonly kind: 'verify_email';
      readonly accountId: number;
      /** True if it goes however lately there was another. */
      readonly isPressing?: boolean;
    }
  | { readonly kind: 'verify_email_requested'; readonly email: string }
  | EmailChange
  | { readonly kind: 'reset_password'; readonly accountId: number }
  | { readonly kind: 'reset_password_requested'; readonly email: string; readonly from: Origin }
  | Notice;

/** Another address that somebody asked for, and what was true of the account then. */
export type EmailChange = {
  readonly kind: 'change_email';
  readonly accountId: number;
  readonly email: string;
  readonly checkedHash: string;
  /** The proved address in its canonical form, or ''. */
  readonly provedEmail: string;
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
