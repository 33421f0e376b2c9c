import { BY_SERVICE, ON_COMMAND_LINE } from '../audit/audit-entry.js';
import { CONTRACTS } from '../contracts/index.js';
import { AUTH_ERRORS } from '../errors/auth-error.js';
import { NATIVE_ERRORS } from '../errors/native-error.js';
import { OAUTH_REFUSALS } from '../oauth/oauth-error.js';
import { isClientId } from '../tokens/service-clients.service.js';

/** The names of the contracts. */
export const CONTRACT_NAMES: readonly string[] = CONTRACTS.map(({ contract }) => contract.name);

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
export const REFUSAL_CODES: readonly string[] = [AUTH_ERRORS, NATIVE_ERRORS, OAUTH_REFUSALS].flatMap(Object.keys);

/** True for what can be the `actor` of an event: the id of a service client, or what acts without a request. */
export function isActor(name: string): boolean {
  return isClientId(name) || name === ON_COMMAND_LINE.actor || name === BY_SERVICE.actor;
}
