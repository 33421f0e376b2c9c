import type { AuthErrorCode } from '../errors/auth-error.js';
import { REVOKED } from './revocations.js';
import type { SessionStanding } from './session-standing.js';

/** Why a session may not be used any more, or `undefined` if it may. */
export function refusalOf({
  session,
  revokedBecause,
  subject,
  leftBehindBecause,
  readAt,
}: SessionStanding): AuthErrorCode | undefined {
  if (revokedBecause) return REVOKED[revokedBecause];
  if (!subject) return 'token_account_gone';
  if (subject.status === 'deactivated') return 'token_account_deactivated';
  if (leftBehindBecause) return REVOKED[leftBehindBecause];
  if (session.expiresAt <= readAt) return 'token_expired';
  if (subject.status === 'pending') return 'token_account_pending';
  return undefined;
}
