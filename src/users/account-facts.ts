import { timeOf } from '../database/sql.js';
import type { AccountStatus, User } from './user.entity.js';

/** What an operator is told of an account. */
export interface AccountFacts {
  readonly id: number;
  readonly username: string | null;
  readonly email: string | null;
  readonly emailVerifiedAt: Date | null;
  readonly isAdmin: boolean;
  readonly status: AccountStatus;
  readonly hasPin: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastSignInAt: Date | null;
}

type Time = string | Date;

/** A row with `FACT_COLUMNS`. */
export interface FactsRow {
  id: number;
  username: string | null;
  username_key: string | null;
  email: string | null;
  email_key: string | null;
  email_spellings: string | null;
  email_verified_at: Time | null;
  is_admin: boolean | number;
  status: AccountStatus;
  has_pin: boolean | number;
  created_at: Time;
  updated_at: Time;
  last_sign_in_at: Time | null;
}

/** Columns for a SELECT on `users`; no secret is among them. */
export const FACT_COLUMNS = `id, username, username_key, email, email_key, email_spellings, email_verified_at, is_admin,
  status, pin_hash IS NOT NULL AS has_pin, created_at, updated_at, last_sign_in_at`;

/** What a row says. */
export function readFacts(row: FactsRow): AccountFacts {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    emailVerifiedAt: timeOrNull(row.email_verified_at),
    isAdmin: Boolean(row.is_admin),
    status: row.status,
    hasPin: Boolean(row.has_pin),
    createdAt: timeOf(row.created_at),
    updatedAt: timeOf(row.updated_at),
    lastSignInAt: timeOrNull(row.last_sign_in_at),
  };
}

/** What an operator is told of an account that was just made. */
export function factsOf(user: User): AccountFacts {
  const { id, username, email, emailVerifiedAt, isAdmin, status, createdAt, updatedAt, lastSignInAt } = user;
  const hasPin = user.pinHash !== null;
  return { id, username, email, emailVerifiedAt, isAdmin, status, hasPin, createdAt, updatedAt, lastSignInAt };
}

function timeOrNull(column: Time | null): Date | null {
  return column === null ? null : timeOf(column);
}
