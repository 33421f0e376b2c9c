import { AuthError, type AuthErrorCode } from '../errors/auth-error.js';

/** Why a name and password are refused, or a password alone. */
const OF_CREDENTIALS: ReadonlySet<AuthErrorCode> = new Set([
  'account_unknown',
  'password_wrong',
  'account_pending',
  'account_deactivated',
  'email_unverified',
  'current_password_wrong',
]);

/**
 * Does an act that demands a password. Where the password is refused, and the texts break rules of their contract, throws
 * `refusal` instead: rules decide how a refusal is worded, after the same work, and never lock out whom a password is right for.
 */
export async function wordedBy<T>(refusal: Error | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw refusal && error instanceof AuthError && OF_CREDENTIALS.has(error.code) ? refusal : error;
  }
}
