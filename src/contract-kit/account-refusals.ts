import { NothingDto } from './known-input.interceptor.js';
import type { Cause } from './refusal-examples.js';
import type { NativeWireErrorCode } from './wire-error.js';

/** Why `AccountGuard` refuses a request that reads. */
export const READING = [
  'token_missing',
  'token_malformed',
  'token_forged',
  'token_expired',
  'token_type_wrong',
  'token_unverified',
  'token_revoked',
  'token_account_gone',
  'token_account_pending',
  'token_account_deactivated',
] as const satisfies NativeWireErrorCode[];

/** Why a request that changes something is refused, whatever it changes: by `AccountGuard`, or for input that nothing reads. */
export const CHANGING = [...READING, 'cross_site_request', 'body_malformed', NothingDto] as const satisfies Cause[];

/** Why `PinGuard` refuses a request. */
export const WITH_PIN = [
  'pin_proof_required',
  'pin_wrong',
  'pin_locked',
  'hashing_overloaded',
] as const satisfies NativeWireErrorCode[];

/** The header that proves a PIN, as documents show it. */
export const PIN_HEADER = {
  name: 'X-Pin',
  required: false,
  description: 'The PIN, if the account has one that was not proved in this session within 5 minutes.',
  schema: { type: 'string' },
} as const;
