import type { Contract } from './contract.js';

/**
 * A contract as it is with `CONTRACT_STRICT`: whatever its document says, an account that does not exist is answered as a
 * wrong password is. Log, metrics and audit trail still tell them apart.
 */
export function strict(contract: Contract): Contract {
  const { errors } = contract;
  return { ...contract, errors: { ...errors, account_unknown: errors.password_wrong } };
}
