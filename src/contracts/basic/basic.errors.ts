import { firstText, type WireAnswer, type WireErrors } from '../../contract-kit/wire-error.js';

const BAD_REQUEST = refuse(400, 'Bad request');
const LOGIN_FAILED = refuse(403, 'Login failed (incorrect email or password)');
const UNVERIFIED = refuse(403, 'Unverified email address');
const EMAIL_KNOWN = refuse(400, 'Account already registered for that email');
const BAD_SIGNATURE = refuseToken(422, 'Signature verification failed');
const REVOKED = refuseToken(401, 'Token has been revoked');
const UNAVAILABLE = refuse(503, 'Service unavailable');
const TOO_MANY = refuse(429, 'Too many requests');

/** The words of contract 4. */
export const BASIC_ERRORS: WireErrors = {
  route_unknown: refuse(404, 'Not found'),
  method_not_allowed: refuse(405, 'Method not allowed'),
  request_malformed: BAD_REQUEST,
  auth_contract_unknown: BAD_REQUEST,
  body_too_large: refuse(413, 'Request body too large'),
  media_type_unsupported: refuse(415, 'Unsupported media type'),
  body_malformed: BAD_REQUEST,
  body_not_object: BAD_REQUEST,
  fields_invalid: (details) => refuse(400, firstText(details)),
  internal_error: refuse(500, 'Internal server error'),

  username_invalid: BAD_REQUEST,
  email_invalid: ({ identifier }) => refuse(400, notAnAddress(identifier)),
  password_invalid: refuse(400, 'Password is not acceptable'),
  pin_invalid: BAD_REQUEST,
  username_taken: EMAIL_KNOWN,
  email_taken: EMAIL_KNOWN,

  credentials_malformed: refuse(422, 'Bad authentication data'),
  account_unknown: LOGIN_FAILED,
  password_wrong: LOGIN_FAILED,
  account_pending: UNVERIFIED,
  account_deactivated: LOGIN_FAILED,
  email_unverified: UNVERIFIED,

  token_missing: refuseToken(401, 'Missing Authorization Header'),
  token_header_malformed: refuseToken(422, "Bad Authorization header. Expected 'Bearer <JWT>'"),
  token_malformed: refuseToken(422, 'Not enough segments'),
  token_forged: BAD_SIGNATURE,
  token_expired: refuseToken(401, 'Token has expired'),
  token_type_wrong: refuseToken(422, 'Only refresh tokens can access this endpoint'),
  token_of_other_contract: BAD_SIGNATURE,
  token_unverified: UNVERIFIED,
  token_not_valid: BAD_SIGNATURE,
  token_revoked: REVOKED,
  refresh_token_reused: REVOKED,
  token_account_gone: REVOKED,
  token_account_pending: UNVERIFIED,
  token_account_deactivated: REVOKED,

  current_password_wrong: LOGIN_FAILED,
  pin_proof_required: refuse(403, 'PIN required'),
  pin_wrong: refuse(403, 'Incorrect PIN'),
  pin_locked: TOO_MANY,
  admin_required: refuse(403, 'Forbidden'),
  cross_site_request: refuse(403, 'Forbidden'),
  link_dead: refuse(410, 'Link is not valid any more'),

  too_many_attempts: TOO_MANY,
  hashing_overloaded: UNAVAILABLE,
  store_unavailable: UNAVAILABLE,
};

/** The words for an address that is none. What is not even a text, which is refused in other words, is not printed. */
export function notAnAddress(email: unknown): string {
  return `${typeof email === 'string' ? email : ''} is not a valid email address`;
}

function refuse(statusCode: number, error: string): WireAnswer {
  return { status: statusCode, body: { error, statusCode } };
}

/** Refusals of a bearer token say it in `msg` too: clients of this family test that. */
function refuseToken(statusCode: number, error: string): WireAnswer {
  return { status: statusCode, body: { error, statusCode, msg: error } };
}
