/** Every refusal that only the native routes know: its code, and the sentence that they answer with. */
export const NATIVE_ERRORS = {
  account_not_found: 'There is no account of that id.',
  session_not_found: 'There is no such session, or it has ended.',
  last_admin: 'This is the last active administrator, who must stay.',
  email_missing: 'The account has no e-mail address.',
  pin_missing: 'The account has no PIN.',
  account_closed: 'The account is deactivated.',
} as const;

/** The stable name of a refusal of the native routes. */
export type NativeErrorCode = keyof typeof NATIVE_ERRORS;

/** A refusal of an act that only the native routes offer. It knows nothing of HTTP. */
export class NativeError extends Error {
  override readonly name = 'NativeError';
  readonly details = {};

  constructor(readonly code: NativeErrorCode) {
    super(NATIVE_ERRORS[code]);
  }
}
