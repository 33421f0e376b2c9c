import type { PairResult } from './contest.js';
import type { Results } from './results.js';

/** A ratio falls by so much between two runs on a noisy machine without any reason. */
const TOLERATED = 0.15;

/** A ratio that was higher before. */
export interface Fall {
  readonly side: string;
  readonly against: string;
  readonly before: number;
  readonly now: number;
}

type Ratios = Pick<Results, 'contests'>;

/**
 * The ratios that fell: by more than is tolerated, and so far that the rounds of now and then do not overlap. What only one
 * of the two runs measured is not compared.
 */
export function fallsSince(before: Ratios, now: Ratios): Fall[] {
  const former = new Map(pairsOf(before).map((pair) => [keyOf(pair), pair]));
  return pairsOf(now).flatMap((pair) => {
    const then = former.get(keyOf(pair));
    if (!then || !hasFallen(then, pair)) return [];
    return [{ side: pair.side, against: pair.against, before: then.ratio.median, now: pair.ratio.median }];
  });
}

/** How many ratios both runs measured. */
export function comparableCount(before: Ratios, now: Ratios): number {
  const former = new Set(pairsOf(before).map(keyOf));
  return pairsOf(now).filter((pair) => former.has(keyOf(pair))).length;
}

function hasFallen({ ratio: before }: PairResult, { ratio: now }: PairResult): boolean {
  return now.median < before.median * (1 - TOLERATED) && now.most < before.least;
}

const pairsOf = ({ contests }: Ratios): PairResult[] => contests.flatMap(({ pairs }) => pairs);
const keyOf = ({ side, against }: PairResult): string => `${side} / ${against}`;

/** What a check found, in lines. It is information: machines are noisy, and nothing fails for it. */
export function wordsOf(falls: readonly Fall[], compared: number, since: string): string[] {
  const about = `${compared} ratios compared with those of ${since}`;
  if (falls.length === 0) return [`${about}: none fell by more than ${TOLERATED * 100} % and out of its spread.`];
  return [
    `${about}: ${falls.length} fell by more than ${TOLERATED * 100} % and out of the spread (information, not a failure):`,
    ...falls.map(
      ({ side, against, before, now }) => `  ${side} / ${against}: ${before.toFixed(2)} → ${now.toFixed(2)}`,
    ),
  ];
}
