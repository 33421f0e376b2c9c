import { isWithin } from './contest.js';
import type { Spread } from './statistics.js';

/** Something measured that is no ratio. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: Spread;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Whether the target is met, where there is one. */
  readonly holds?: boolean;
  /** How it was measured. */
  readonly how: string;
}

/** A figure judged by its target. */
export function figure(parts: Omit<Figure, 'holds'>): Figure {
  return { ...parts, holds: isWithin(parts.value.median, parts) };
}

/** A figure of which there is only one. */
export const only = (value: number): Spread => ({ median: value, least: value, most: value });
