/** What the audit trail records, and in which words the documents tell of it. */
export const AUDIT_KINDS = {
  // Getting in and out
  registered: 'An account was registered.',
  signed_in: 'Somebody signed in, or was refused.',
  signed_out: 'A session was ended by its account.',
  tokens_cleared: 'All sessions of an account were ended by it, or all but the one that asked.',
  refresh_token_repeated: 'A refresh token was used again within `REFRESH_GRACE`, as a retry or by a thief.',
  refresh_token_reused: 'A refresh token was used twice; its session was ended.',

  // What belongs to an account
  password_changed: 'A password was changed by one who knew it, or the change was refused.',
  password_reset_requested: 'A link to set a new password was asked for.',
  password_reset: 'A new password was set by a mailed link.',
  email_change_requested: 'An account asked for another e-mail address.',
  email_verified: 'An e-mail address was confirmed by a mailed link, or the password that this asks for was refused.',
  mail_given_up: 'A mail to an account could not be sent, and is not tried again; `detail` says which.',
  pin_set: 'A PIN was set, or that was refused.',
  pin_proved: 'A PIN was given, rightly or wrongly.',
  pin_removed: 'A PIN was removed.',
  account_erased: 'An account was erased by its owner, or that was refused.',

  // What operators do
  account_created: 'An account was created by an administrator or on the command line.',
  account_changed: 'An account was changed by an administrator.',
  account_deleted: 'An account was deleted by an administrator.',
  email_set: 'An account was given another e-mail address by an administrator or on the command line.',
  password_reset_mailed: 'A link to set a new password was mailed by an administrator or on the command line.',
  pin_unlocked: 'A locked PIN may be tried again, by an administrator or on the command line.',
  budgets_cleared: 'An account’s failed tries were forgotten by an administrator or on the command line.',
  sessions_revoked: 'Sessions of an account were ended by an administrator.',
  accounts_searched: 'Accounts were searched by a part of a name; only an HMAC of it is kept.',
  sessions_listed: 'Sessions of an account, or of all, were listed.',
  trail_read: 'The audit trail was read.',
  trail_exported: 'The audit trail was exported.',
  refusals_omitted: 'Refusals beyond those that the trail tells of one by one, counted.',
  administration_refused: 'Somebody asked for an administrator’s act who is none.',
  database_copied: 'The embedded database was copied into this one on the command line.',
  pending_account_swept: 'An account was removed that had never verified its e-mail address.',

  // Service clients
  client_created: 'A service client was created.',
  client_scopes_changed: 'A service client was given other scopes.',
  client_revoked: 'A service client was revoked.',
  client_token_issued: 'A service client got an access token, or was refused.',
  client_refused: 'A service client was refused at introspection or revocation.',
  token_revoked: 'A service client ended the session of a token.',

  // Keys
  key_published: 'A signing key was published.',
  key_revoked: 'A signing key was withdrawn.',
  key_retired: 'A signing key was removed, since the last token that it signed had expired.',
} as const;

/** The stable name of what was done. */
export type AuditKind = keyof typeof AUDIT_KINDS;

/** Every kind, by its stable name. */
export const AUDIT_KIND_NAMES: readonly string[] = Object.keys(AUDIT_KINDS);
