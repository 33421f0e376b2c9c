import { isFormType, isMultipartType } from '../../contract-kit/body.js';
import type { WireAnswer, WireErrorDetails, WireErrors } from '../../contract-kit/wire-error.js';

const WRONG_CREDENTIALS = unauthorized({ detail: 'No active account found with the given credentials' });
const THROTTLED = refuse(429, { detail: 'Request was throttled.' });
const UNAVAILABLE = refuse(503, { detail: 'Service temporarily unavailable, try again later.' });

/** Tokens in a body are refused in few words, tokens in the header in many, as SimpleJWT does. */
const NOT_VALID = byPlace('token is invalid or expired', 'Token is invalid or expired');
const WRONG_TYPE = byPlace('Token has wrong type', 'Token has wrong type');
const BLACKLISTED = byPlace('Token is blacklisted', 'Token is invalid or expired');

/** The words of contract 1: SimpleJWT 5.2's own where the document prints none, because clients compare them. */
export const TOKEN_PAIR_ERRORS: WireErrors = {
  route_unknown: refuse(404, { detail: 'Not found.' }),
  method_not_allowed: ({ method }) => refuse(405, { detail: `Method "${method}" not allowed.` }),
  request_malformed: refuse(400, { detail: 'Malformed request.' }),
  auth_contract_unknown: refuse(400, { detail: 'Unknown contract in header "Auth-Contract".' }),
  body_too_large: refuse(413, { detail: 'Request body exceeded the limit of 100000 bytes.' }),
  media_type_unsupported: ({ mediaType }) =>
    refuse(415, { detail: `Unsupported media type "${mediaType}" in request.` }),
  body_malformed: ({ mediaType = '' }) => refuse(400, { detail: parseErrorOf(mediaType) }),
  body_not_object: ({ found }) =>
    refuse(400, { non_field_errors: [`Invalid data. Expected a dictionary, but got ${found}.`] }),
  fields_invalid: (details) => refuse(400, firstTextByField(details)),
  internal_error: refuse(500, { detail: 'A server error occurred.' }),

  username_invalid: refuse(400, { username: ['Enter a valid username.'] }),
  email_invalid: refuse(400, { email: ['Enter a valid email address.'] }),
  password_invalid: refuse(400, { password: ['Enter a valid password.'] }),
  pin_invalid: refuse(400, { pin: ['Enter a valid PIN.'] }),
  username_taken: refuse(409, { detail: 'User already exists' }),
  email_taken: refuse(409, { detail: 'User already exists' }),

  credentials_malformed: WRONG_CREDENTIALS,
  account_unknown: WRONG_CREDENTIALS,
  password_wrong: WRONG_CREDENTIALS,
  account_pending: WRONG_CREDENTIALS,
  account_deactivated: WRONG_CREDENTIALS,
  email_unverified: WRONG_CREDENTIALS,

  token_missing: unauthorized({ detail: 'Authentication credentials were not provided.' }),
  token_header_malformed: unauthorized({
    detail: 'Authorization header must contain two space-delimited values',
    code: 'bad_authorization_header',
  }),
  token_malformed: NOT_VALID,
  token_forged: NOT_VALID,
  token_expired: NOT_VALID,
  token_type_wrong: WRONG_TYPE,
  token_of_other_contract: NOT_VALID,
  token_unverified: NOT_VALID,
  token_not_valid: NOT_VALID,
  token_revoked: BLACKLISTED,
  refresh_token_reused: BLACKLISTED,
  token_account_gone: byPlace('Token is blacklisted', { detail: 'User not found', code: 'user_not_found' }),
  token_account_pending: byPlace('Token is blacklisted', { detail: 'User is inactive', code: 'user_inactive' }),
  token_account_deactivated: byPlace('Token is blacklisted', { detail: 'User is inactive', code: 'user_inactive' }),

  current_password_wrong: WRONG_CREDENTIALS,
  pin_proof_required: unauthorized({ detail: 'A PIN is required.', code: 'pin_required' }),
  pin_wrong: unauthorized({ detail: 'The PIN is wrong.', code: 'pin_wrong' }),
  pin_locked: THROTTLED,
  admin_required: refuse(403, { detail: 'You do not have permission to perform this action.' }),
  cross_site_request: refuse(403, { detail: 'CSRF Failed: cross-site request.' }),
  link_dead: refuse(410, { detail: 'The link is not valid any more.' }),

  too_many_attempts: THROTTLED,
  hashing_overloaded: UNAVAILABLE,
  store_unavailable: UNAVAILABLE,
};

function refuse(status: number, body: object): WireAnswer {
  return { status, body };
}

function parseErrorOf(mediaType: string): string {
  if (!isFormType(mediaType)) return 'JSON parse error - invalid JSON';
  return `${isMultipartType(mediaType) ? 'Multipart form' : 'Form'} parse error - invalid form`;
}

function unauthorized(body: object): WireAnswer {
  return { status: 401, body, headers: { 'www-authenticate': 'Bearer realm="api"' } };
}

function byPlace(inBody: string, inHeader: string | object): (details: WireErrorDetails) => WireAnswer {
  const ofBody = unauthorized({ detail: inBody, code: 'token_not_valid' });
  const ofHeader = unauthorized(typeof inHeader === 'object' ? inHeader : notValidForAnyType(inHeader));
  return ({ expected }) => (expected === 'access token' ? ofHeader : ofBody);
}

function notValidForAnyType(message: string): object {
  return {
    detail: 'Given token not valid for any token type',
    code: 'token_not_valid',
    messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
  };
}

/** `{field: [text]}`, one text for each field that broke a rule. */
function firstTextByField({ violations = [] }: WireErrorDetails): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  for (const { field, text } of violations) texts[field] ??= [text];
  return texts;
}
