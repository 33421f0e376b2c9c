import type { LinkFate } from './link-fate.js';

/** Every refusal of the core: its code, and the sentence for logs and for doors that have no wording of their own. */
export const AUTH_ERRORS = {
  // Names and passwords as such
  username_invalid: 'The username is not acceptable.',
  email_invalid: 'The e-mail address is not acceptable.',
  password_invalid: 'The password is not acceptable.',
  pin_invalid: 'The PIN is not acceptable.',
  username_taken: 'The username is taken.',
  email_taken: 'The e-mail address is taken.',

  // Signing in with a password
  credentials_malformed: 'The credentials could not be read.',
  account_unknown: 'There is no such account.',
  password_wrong: 'The password is wrong.',
  account_pending: 'The account has not verified its e-mail address yet.',
  account_deactivated: 'The account is deactivated.',
  email_unverified: 'The e-mail address of the account is not verified.',

  // Presenting a token
  token_missing: 'No token was presented.',
  token_header_malformed: 'The header that carries the token is malformed.',
  token_malformed: 'The token is not of the form of one of ours.',
  token_forged: 'The token was not issued by this service.',
  token_expired: 'The token has expired.',
  token_type_wrong: 'The token is of the wrong type.',
  token_of_other_contract: 'The token was issued through another contract.',
  token_unverified: 'The token was issued before its account was verified.',
  token_not_valid: 'The token is not valid.',
  token_revoked: 'The token has been revoked.',
  refresh_token_reused: 'The refresh token was used before; its session is ended.',
  token_account_gone: 'The account of the token does not exist any more.',
  token_account_pending: 'The account of the token has not verified its e-mail address yet.',
  token_account_deactivated: 'The account of the token is deactivated.',

  // Acting on an account
  current_password_wrong: 'The current password is wrong.',
  pin_proof_required: 'A proof of the PIN is required.',
  pin_wrong: 'The PIN is wrong.',
  pin_locked: 'PIN checks are locked after too many failures.',
  admin_required: 'The account is not an administrator.',
  cross_site_request: 'The request comes from another site.',
  link_dead: 'The link was used before, has expired or never existed.',

  // Capacity and faults
  too_many_attempts: 'Too many attempts.',
  hashing_overloaded: 'Too many passwords are waiting to be checked.',
  store_unavailable: 'The account store cannot be reached.',
} as const;

/** The stable name of a refusal. */
export type AuthErrorCode = keyof typeof AUTH_ERRORS;

/** A budget of attempts that is spent. */
export interface SpentLimit {
  /** What is limited, as a token (RFC 9110 §5.6.2). */
  readonly name: string;
  readonly points: number;
  /** The span of time that the points are for. */
  readonly seconds: number;
}

/** What a door may need to word a refusal. */
export interface AuthErrorDetails {
  /** The username or e-mail as the caller typed it. */
  readonly identifier?: string;
  /** Which kind of token the route asked for, if it asked for one in a header. */
  readonly expected?: 'access token';
  /** When trying again makes sense, in whole seconds. */
  readonly retryAfterSeconds?: number;
  /** The budget that is spent, for a refusal of too many attempts. */
  readonly limit?: SpentLimit;
}

/** A refusal of the core. It knows nothing of HTTP: the doors turn `code` into a status and a body. */
export class AuthError extends Error {
  override readonly name: string = 'AuthError';
  readonly details: AuthErrorDetails;

  constructor(
    readonly code: AuthErrorCode,
    options: AuthErrorDetails & { readonly cause?: unknown } = {},
  ) {
    super(AUTH_ERRORS[code], { cause: options.cause });
    this.details = options;
  }
}

/** The refusal of a mailed link that was used, has expired or never existed; its page is answered with a page. */
export class DeadLinkError extends AuthError {
  /** @param fate what became of it, if that is known */
  constructor(readonly fate: LinkFate | undefined) {
    super('link_dead');
  }
}
