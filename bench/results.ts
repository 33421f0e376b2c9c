import type { ContestResult } from './contest.js';
import type { Figure } from './figure.js';
import type { Machine } from './machine.js';

/** Everything that a run came to. */
export interface Results {
  /** When it began, in ISO 8601. */
  readonly at: string;
  readonly mode: 'full' | 'quick' | 'soak';
  /** Of the groups that were measured, their names. */
  readonly groups: readonly string[];
  readonly machine: Machine;
  readonly contests: readonly ContestResult[];
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}
