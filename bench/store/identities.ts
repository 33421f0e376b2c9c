import { createHash } from 'node:crypto';

/** The password of every account in a filled store. */
export const PASSWORD = 'Secret1234';

/** The contracts of the three sessions that every account in a filled store has. */
export const CONTRACTS = ['token-pair', 'cookie', 'opaque-token'] as const;

/** One of them. */
export type ContractName = (typeof CONTRACTS)[number];

/** One account in so many has its sessions revoked: 100,000 sessions of three million. */
const REVOKED_EVERY = 30;

/** Whether the sessions of an account are revoked. */
export const isRevoked = (account: number): boolean => account % REVOKED_EVERY === 1;

/** The username of an account. @param account its id */
export const usernameOf = (account: number): string => `person${String(account).padStart(7, '0')}`;

/** The id of an account's session: scattered over the whole table, as random ones are. */
export function sessionOf(account: number, contract: ContractName): string {
  const hex = createHash('sha256').update(`${contract} ${account}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** An account's opaque token. */
export const opaqueTokenOf = (account: number): string =>
  createHash('sha256').update(`opaque token of ${account}`).digest('base64url');

/** Accounts with living sessions, spread over all there are. @param accounts how many the store has */
export function accountsToUse(accounts: number, count: number): number[] {
  const step = Math.max(1, accounts / count);
  const ids = new Set<number>();
  for (let place = 2; place <= accounts && ids.size < count; place += step) {
    const id = Math.floor(place);
    ids.add(isRevoked(id) ? id - 1 : id);
  }
  return [...ids].filter((id) => id > 1);
}
