import { describe, expect, it } from 'vitest';
import { comparableCount, fallsSince, wordsOf } from '../../bench/check.js';
import { contestOf, resultsOf } from './results.js';

const run = (median: number, least: number, most: number, side = 'ours'): ReturnType<typeof resultsOf> =>
  resultsOf(contestOf(side, 'bare', { median, least, most }));

const BEFORE = run(0.8, 0.75, 0.85);

describe('the check of a benchmark against former results', () => {
  it('names a ratio that fell by more than is tolerated and out of its spread', () => {
    const falls = fallsSince(BEFORE, run(0.6, 0.55, 0.65));
    expect(falls).toEqual([{ side: 'ours', against: 'bare', before: 0.8, now: 0.6 }]);
    expect(wordsOf(falls, 1, '2026-11-20')).toEqual([
      '1 ratios compared with those of 2026-11-20: 1 fell by more than 15 % and out of the spread (information, not a failure):',
      '  ours / bare: 0.80 → 0.60',
    ]);
  });

  it('is silent about noise, about a small fall and about a rise', () => {
    expect(fallsSince(BEFORE, run(0.6, 0.5, 0.76))).toEqual([]);
    expect(fallsSince(BEFORE, run(0.72, 0.71, 0.73))).toEqual([]);
    expect(fallsSince(BEFORE, run(0.9, 0.89, 0.91))).toEqual([]);
  });

  it('compares only what both runs measured', () => {
    const other = run(0.1, 0.1, 0.1, 'another');
    expect(fallsSince(BEFORE, other)).toEqual([]);
    expect(comparableCount(BEFORE, other)).toBe(0);
    expect(comparableCount(BEFORE, BEFORE)).toBe(1);
  });
});
