import type { WireAnswer, WireErrors } from '../../contract-kit/wire-error.js';

const UNREADABLE = refuse(400, "can't unmarshal the payload");
const UNAUTHENTICATED = refuse(401, 'unauthenticated');
const WRONG_PASSWORD = refuse(401, 'wrong password');
const UNAVAILABLE = refuse(503, 'service unavailable');

/** The step of a DTO's rules that means that the payload could not be read at all. */
export const UNMARSHAL_STEP = 1;

/** The words of contract 2, whose document fixes the statuses only. */
export const COOKIE_ERRORS: WireErrors = {
  route_unknown: refuse(404, 'not found'),
  method_not_allowed: refuse(405, 'method not allowed'),
  request_malformed: refuse(400, 'malformed request'),
  auth_contract_unknown: refuse(400, 'unknown contract'),
  body_too_large: refuse(413, 'payload too large'),
  media_type_unsupported: refuse(415, 'unsupported media type'),
  body_malformed: UNREADABLE,
  body_not_object: UNREADABLE,
  fields_invalid: ({ violations }) => {
    const first = violations?.[0];
    return first && first.step > UNMARSHAL_STEP ? refuse(406, first.text) : UNREADABLE;
  },
  internal_error: refuse(500, 'internal server error'),

  username_invalid: refuse(406, 'invalid username'),
  email_invalid: refuse(406, 'invalid email'),
  password_invalid: refuse(406, 'invalid password'),
  pin_invalid: refuse(406, 'invalid pin'),
  username_taken: refuse(409, 'username is taken'),
  email_taken: refuse(409, 'email is taken'),

  credentials_malformed: UNREADABLE,
  account_unknown: refuse(404, 'user not found'),
  password_wrong: WRONG_PASSWORD,
  account_pending: WRONG_PASSWORD,
  account_deactivated: WRONG_PASSWORD,
  email_unverified: WRONG_PASSWORD,

  token_missing: UNAUTHENTICATED,
  token_header_malformed: UNAUTHENTICATED,
  token_malformed: UNAUTHENTICATED,
  token_forged: UNAUTHENTICATED,
  token_expired: UNAUTHENTICATED,
  token_type_wrong: UNAUTHENTICATED,
  token_of_other_contract: UNAUTHENTICATED,
  token_unverified: UNAUTHENTICATED,
  token_not_valid: UNAUTHENTICATED,
  token_revoked: UNAUTHENTICATED,
  refresh_token_reused: UNAUTHENTICATED,
  token_account_gone: UNAUTHENTICATED,
  token_account_pending: UNAUTHENTICATED,
  token_account_deactivated: UNAUTHENTICATED,

  current_password_wrong: WRONG_PASSWORD,
  pin_proof_required: refuse(401, 'sign in again or prove the present pin'),
  pin_wrong: refuse(401, 'wrong pin'),
  pin_locked: refuse(429, 'too many wrong pins'),
  admin_required: refuse(403, 'forbidden'),
  cross_site_request: refuse(403, 'cross-site request refused'),
  link_dead: refuse(410, 'link is not valid any more'),

  too_many_attempts: refuse(429, 'too many attempts'),
  hashing_overloaded: UNAVAILABLE,
  store_unavailable: UNAVAILABLE,
};

function refuse(status: number, message: string): WireAnswer {
  return { status, body: { message } };
}
