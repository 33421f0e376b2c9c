/** What following a mailed link does. */
export type LinkPurpose = 'verify_email' | 'change_email' | 'reset_password';

/** What ended a mailed link before its time. */
export type LinkEnd =
  | 'used'
  | 'newer_link'
  | 'address_confirmed'
  | 'address_changed'
  | 'address_taken'
  | 'password_changed'
  | 'account_changed';

/** What became of a mailed link that does not work, for as long as that is known. */
export interface LinkFate {
  readonly accountId: number;
  readonly purpose: LinkPurpose;
  /** The address that it was mailed to. */
  readonly email: string;
  readonly what: LinkEnd | 'expired';
  /** When, if that is known. */
  readonly at: Date | undefined;
}
