import { AUTH_ERRORS } from '../errors/auth-error.js';
import { NATIVE_ERRORS } from '../errors/native-error.js';
import {
  type NativeWireErrorCode,
  REQUEST_ERRORS,
  type WireAnswer,
  type WireErrorDetails,
  type Wording,
} from './wire-error.js';

/** The statuses of refusals at the native routes. */
const STATUS: Record<NativeWireErrorCode, number> = {
  username_invalid: 400,
  email_invalid: 400,
  password_invalid: 400,
  pin_invalid: 400,
  username_taken: 409,
  email_taken: 409,
  credentials_malformed: 400,
  account_unknown: 401,
  password_wrong: 401,
  account_pending: 401,
  account_deactivated: 401,
  email_unverified: 403,
  token_missing: 401,
  token_header_malformed: 401,
  token_malformed: 401,
  token_forged: 401,
  token_expired: 401,
  token_type_wrong: 401,
  token_of_other_contract: 401,
  token_unverified: 401,
  token_not_valid: 401,
  token_revoked: 401,
  refresh_token_reused: 401,
  token_account_gone: 401,
  token_account_pending: 401,
  token_account_deactivated: 401,
  current_password_wrong: 403,
  pin_proof_required: 403,
  pin_wrong: 403,
  pin_locked: 429,
  admin_required: 403,
  cross_site_request: 403,
  link_dead: 410,
  too_many_attempts: 429,
  hashing_overloaded: 503,
  store_unavailable: 503,
  route_unknown: 404,
  method_not_allowed: 405,
  request_malformed: 400,
  auth_contract_unknown: 400,
  body_too_large: 413,
  media_type_unsupported: 415,
  body_malformed: 400,
  body_not_object: 400,
  fields_invalid: 400,
  internal_error: 500,
  account_not_found: 404,
  session_not_found: 404,
  last_admin: 409,
  email_missing: 409,
  pin_missing: 409,
  account_closed: 409,
};

const SENTENCES = { ...AUTH_ERRORS, ...REQUEST_ERRORS, ...NATIVE_ERRORS };

/** The words of the native routes: RFC 9457 problem details with a stable `code`. */
export const PROBLEM_DETAILS = Object.fromEntries(
  Object.entries(STATUS).map(([code, status]) => [code, problem(status, code as NativeWireErrorCode)]),
) as unknown as Readonly<Record<NativeWireErrorCode, Wording>>;

function problem(
  status: number,
  code: NativeWireErrorCode,
): (details: Pick<WireErrorDetails, 'violations'>) => WireAnswer {
  return ({ violations }) => ({
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 401 && { 'www-authenticate': challengeTo(code) }),
    },
    body: {
      type: 'about:blank',
      title: SENTENCES[code],
      status,
      code,
      ...(violations && { errors: violations.map(({ field, text }) => ({ field, detail: text })) }),
    },
  });
}

/** RFC 6750 §3: a token that was presented and refused is told from none. */
function challengeTo(code: NativeWireErrorCode): string {
  return code.startsWith('token_') && code !== 'token_missing' ? 'Bearer error="invalid_token"' : 'Bearer';
}
