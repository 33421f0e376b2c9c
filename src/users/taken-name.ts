import { AuthError } from '../errors/auth-error.js';

/** The columns whose indices say whose a name is. */
export const NAME_COLUMNS = ['username_key', 'email_key'] as const;

/** The refusal of a name that somebody has. */
export function taken(
  column: (typeof NAME_COLUMNS)[number],
  { username, email }: { readonly username?: string; readonly email?: string },
  cause?: unknown,
): AuthError {
  return column === 'username_key'
    ? new AuthError('username_taken', { cause, identifier: username })
    : new AuthError('email_taken', { cause, identifier: email });
}
