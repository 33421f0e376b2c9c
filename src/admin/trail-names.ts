import { BY_SERVICE, ON_COMMAND_LINE } from '../audit/audit-entry.js';
import { AUTH_ERRORS } from '../errors/auth-error.js';
import { NATIVE_ERRORS } from '../errors/native-error.js';
import { isClientId } from '../tokens/service-clients.service.js';

/** The names of the contracts, spelt out here since these are built on top of what this is part of; a test compares. */
export const CONTRACT_NAMES: readonly string[] = ['bare-token', 'token-pair', 'cookie', 'opaque-token', 'basic'];

/** The codes of the OAuth routes; a test compares. */
export const OAUTH_CODES: readonly string[] = [
  'form_required',
  'parameter_repeated',
  'authentication_ambiguous',
  'grant_type_unsupported',
  'scope_invalid',
  'client_missing',
  'client_wrong',
  'client_token_wrong',
  'scope_insufficient',
];

/** Every `door` of an event: a contract, a part of the native API, or what acts without a request. */
export const DOOR_NAMES: readonly string[] = [
  ...CONTRACT_NAMES,
  'account',
  'admin',
  'oauth',
  'password-reset',
  'verify',
  ON_COMMAND_LINE.door,
  BY_SERVICE.door,
];

/** The code of every refusal that an event may have. */
export const REFUSAL_CODES: readonly string[] = [
  ...Object.keys(AUTH_ERRORS),
  ...Object.keys(NATIVE_ERRORS),
  ...OAUTH_CODES,
];

/** True for what can be the `actor` of an event: the id of a service client, or what acts without a request. */
export function isActor(name: string): boolean {
  return isClientId(name) || name === ON_COMMAND_LINE.actor || name === BY_SERVICE.actor;
}
