import type { SqlValue } from '../database/sql.js';
import type { AccountStatus } from './user.entity.js';

/** Which accounts are meant. */
export interface AccountFilter {
  /** The beginning of a username or an e-mail address, or exactly an id. */
  readonly query?: string | undefined;
  readonly status?: AccountStatus | undefined;
  readonly isAdmin?: boolean | undefined;
}

/** A part of a WHERE clause with its parameters. */
export interface Condition {
  readonly text: string;
  readonly parameters: Readonly<Record<string, SqlValue>>;
}

/** A part of a WHERE clause. */
export const condition = (text: string, parameters: Condition['parameters'] = {}): Condition => ({ text, parameters });

/** Conditions that an index may serve: the rows that hold them are found. */
export const BY_INDEX = {
  status: (status: AccountStatus) => condition('status = :status', { status }),
  isAdmin: (isAdmin: boolean) => condition(`is_admin = ${isAdmin}`),
};

/**
 * The same, so put that SQLite does not go by an index of theirs: rows that are found otherwise are looked at. PostgreSQL
 * reads both alike, and goes by its statistics.
 */
export const BY_LOOKING = {
  status: (status: AccountStatus) => condition('NOT (status <> :status)', { status }),
  isAdmin: (isAdmin: boolean) => condition(isAdmin ? 'NOT (NOT is_admin)' : 'NOT is_admin'),
};

/** Several conditions at once. */
export function allOf(...conditions: readonly (Condition | undefined)[]): Condition {
  const given = conditions.filter((one) => one !== undefined);
  return {
    text: given.map(({ text }) => text).join(' AND ') || 'true',
    parameters: Object.assign({}, ...given.map(({ parameters }) => parameters)) as Condition['parameters'],
  };
}
