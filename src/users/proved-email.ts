import { collidedColumn } from '../database/failures.js';
import { canonical, keysOfEmail } from './canonical.js';

/** What a statement sets for an address to be verified: an account without a username takes the address for it. */
export const VERIFIED_EMAIL = `email_verified_at = COALESCE(email_verified_at, {now}), email_claimed_at = NULL,
  email_claimed_through = NULL,
  username = COALESCE(username, :username::text), username_key = COALESCE(username_key, :usernameKey::text)`;

/** What a statement sets once the account's address is proved: it is verified, and a pending account becomes active. */
export const PROVED_EMAIL = `status = 'active', ${VERIFIED_EMAIL}`;

/** Which accounts a proof of an address counts for. */
export const OF_PROVED_EMAIL = `email_key IN (:emailKey, :olderEmailKey) AND status <> 'deactivated'`;

/** The parameters of both. */
export interface ProvedEmail {
  readonly emailKey: string;
  readonly olderEmailKey: string;
  readonly username: string | null;
  readonly usernameKey: string | null;
}

/**
 * Runs such a statement; if somebody has the address for a username, again without taking it. `undefined` if another
 * account has proved the address: the unique index decides.
 */
export async function proveEmail<T>(
  email: string,
  usernameFits: boolean,
  statement: (proved: ProvedEmail) => Promise<T>,
): Promise<T | undefined> {
  const run = (proved: ProvedEmail): Promise<T | undefined> => statement(proved).catch(undefinedIfTaken);
  const without = { ...keysOfEmail(email), username: null, usernameKey: null };
  if (!usernameFits) return run(without);
  try {
    return await run({ ...without, username: email, usernameKey: canonical('username', email) });
  } catch (error) {
    if (!collidedColumn(error, ['username_key'])) throw error;
    return run(without);
  }
}

function undefinedIfTaken(error: unknown): undefined {
  if (!collidedColumn(error, ['email_key'])) throw error;
}
