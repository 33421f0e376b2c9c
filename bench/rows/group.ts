import type { Bench } from '../bench.js';
import type { ContestResult } from '../contest.js';
import type { Figure } from '../figure.js';

/** What a group of measurements came to. */
export interface GroupResult {
  readonly contests?: readonly ContestResult[];
  readonly figures?: readonly Figure[];
  /** What was left out, and why. */
  readonly notes?: readonly string[];
}

/** Measurements that belong together, by the name that `--only` takes. */
export interface Group {
  readonly name: string;
  /** Whether it is measured with `--quick`, too. */
  readonly isQuick: boolean;
  measure(bench: Bench): Promise<GroupResult>;
}
