import { firstText, type WireAnswer, type WireErrors } from '../../contract-kit/wire-error.js';

const INVALID_JSON = refuse(400, 'Invalid JSON payload');
const BAD_LOGIN = refuse(400, 'Bad login details');
const USERNAME_TAKEN = refuse(400, 'Username is already taken');
const BAD_FORMAT = refuse(400, 'Invalid bearer token format');
const UNAUTHORIZED = { ...refuse(401, 'Unauthorized'), headers: { 'www-authenticate': 'Bearer' } };
const UNAVAILABLE = refuse(503, 'Service Unavailable');

/** The words of contract 3: each is the reason phrase of the status line, and in the body too, as HTTP/2 has none. */
export const OPAQUE_TOKEN_ERRORS: WireErrors = {
  route_unknown: refuse(404, 'Not Found'),
  method_not_allowed: refuse(405, 'Method Not Allowed'),
  request_malformed: refuse(400, 'Bad Request'),
  auth_contract_unknown: refuse(400, 'Unknown contract'),
  body_too_large: refuse(413, 'Payload Too Large'),
  media_type_unsupported: refuse(415, 'Unsupported Media Type'),
  body_malformed: INVALID_JSON,
  body_not_object: INVALID_JSON,
  fields_invalid: (details) => refuse(400, firstText(details)),
  internal_error: refuse(500, 'Internal Server Error'),

  username_invalid: refuse(400, 'Invalid username'),
  email_invalid: refuse(400, 'Invalid email'),
  password_invalid: refuse(400, 'Invalid password'),
  pin_invalid: refuse(400, 'Invalid pin'),
  username_taken: USERNAME_TAKEN,
  email_taken: USERNAME_TAKEN,

  credentials_malformed: BAD_LOGIN,
  account_unknown: BAD_LOGIN,
  password_wrong: BAD_LOGIN,
  account_pending: BAD_LOGIN,
  account_deactivated: BAD_LOGIN,
  email_unverified: BAD_LOGIN,

  token_missing: UNAUTHORIZED,
  token_header_malformed: UNAUTHORIZED,
  token_malformed: BAD_FORMAT,
  token_forged: UNAUTHORIZED,
  token_expired: UNAUTHORIZED,
  token_type_wrong: UNAUTHORIZED,
  token_of_other_contract: UNAUTHORIZED,
  token_unverified: UNAUTHORIZED,
  token_not_valid: UNAUTHORIZED,
  token_revoked: UNAUTHORIZED,
  refresh_token_reused: UNAUTHORIZED,
  token_account_gone: UNAUTHORIZED,
  token_account_pending: UNAUTHORIZED,
  token_account_deactivated: UNAUTHORIZED,

  current_password_wrong: refuse(400, 'Incorrect old password'),
  pin_proof_required: refuse(401, 'Pin required'),
  pin_wrong: refuse(401, 'Incorrect pin'),
  pin_locked: refuse(429, 'Too Many Requests'),
  admin_required: refuse(403, 'Forbidden'),
  cross_site_request: refuse(403, 'Forbidden'),
  link_dead: refuse(410, 'Gone'),

  too_many_attempts: refuse(429, 'Too Many Requests'),
  hashing_overloaded: UNAVAILABLE,
  store_unavailable: UNAVAILABLE,
};

function refuse(status: number, reason: string): WireAnswer {
  return { status, reason, body: { reason } };
}
