import { firstText, type WireAnswer, type WireErrors } from '../../contract-kit/wire-error.js';

const INVALID_BODY = err(400, 'invalid request body');
const WRONG_CREDENTIALS = err(401, 'invalid username or password');
const INVALID_TOKEN = err(401, 'invalid token');
const UNAVAILABLE = err(503, 'service unavailable');

/** The words of contract 0. */
export const BARE_TOKEN_ERRORS: WireErrors = {
  route_unknown: err(404, 'not found'),
  method_not_allowed: err(405, 'method not allowed'),
  request_malformed: err(400, 'malformed request'),
  auth_contract_unknown: err(400, 'unknown contract in header "Auth-Contract"'),
  body_too_large: err(413, 'request body too large'),
  media_type_unsupported: err(415, 'unsupported media type'),
  body_malformed: INVALID_BODY,
  body_not_object: INVALID_BODY,
  fields_invalid: (details) => err(400, firstText(details)),
  internal_error: err(500, 'internal server error'),

  username_invalid: err(400, 'invalid username'),
  email_invalid: INVALID_BODY,
  password_invalid: err(400, 'invalid password'),
  pin_invalid: INVALID_BODY,
  username_taken: ({ identifier }) => err(409, `username "${identifier}" is taken`),
  email_taken: err(409, 'email is taken'),

  credentials_malformed: INVALID_BODY,
  account_unknown: WRONG_CREDENTIALS,
  password_wrong: WRONG_CREDENTIALS,
  account_pending: WRONG_CREDENTIALS,
  account_deactivated: WRONG_CREDENTIALS,
  email_unverified: WRONG_CREDENTIALS,

  token_missing: err(401, 'missing authorization header'),
  token_header_malformed: INVALID_TOKEN,
  token_malformed: INVALID_TOKEN,
  token_forged: INVALID_TOKEN,
  token_expired: err(401, 'token has expired'),
  token_type_wrong: INVALID_TOKEN,
  token_of_other_contract: INVALID_TOKEN,
  token_unverified: INVALID_TOKEN,
  token_not_valid: INVALID_TOKEN,
  token_revoked: INVALID_TOKEN,
  refresh_token_reused: INVALID_TOKEN,
  token_account_gone: INVALID_TOKEN,
  token_account_pending: INVALID_TOKEN,
  token_account_deactivated: INVALID_TOKEN,

  current_password_wrong: WRONG_CREDENTIALS,
  pin_proof_required: err(401, 'pin required'),
  pin_wrong: err(401, 'invalid pin'),
  pin_locked: err(429, 'too many attempts'),
  admin_required: err(403, 'forbidden'),
  cross_site_request: err(403, 'forbidden'),
  link_dead: err(410, 'link is not valid any more'),

  too_many_attempts: err(429, 'too many attempts'),
  hashing_overloaded: UNAVAILABLE,
  store_unavailable: UNAVAILABLE,
};

function err(status: number, text: string): WireAnswer {
  return { status, body: { err: text } };
}
