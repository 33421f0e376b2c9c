import type { ContestResult } from '../../bench/contest.js';
import type { Results } from '../../bench/results.js';
import type { Spread } from '../../bench/statistics.js';

/** A contest between two, with this ratio. */
export function contestOf(side: string, against: string, ratio: Spread): ContestResult {
  const perSecond = { median: 1000, least: 900, most: 1100 };
  return {
    name: side,
    sides: [
      {
        name: side,
        does: 'a <check> & a log line',
        perSecond,
        coreMs: 0.123,
        cores: 1.1,
        busy: 0.95,
        waiting: 0.01,
        p50Ms: 1,
        p99Ms: 2.5,
      },
      { name: against, does: 'nothing | at all', perSecond, coreMs: 0.02, cores: 0.5, busy: 0.5, waiting: 0.02 },
    ],
    pairs: [{ side, against, ratio, atLeast: 0.7, holds: ratio.median >= 0.7 }],
  };
}

/** Results of a run with these contests. */
export function resultsOf(...contests: ContestResult[]): Results {
  return {
    at: '2026-11-20T12:00:00.000Z',
    mode: 'full',
    groups: ['protected'],
    machine: {
      processor: 'A <fast> one',
      cores: 2,
      memoryMegabytes: 8192,
      kernel: '6.1',
      node: 'v20.20.2',
      commit: 'abc1234',
      isDirty: true,
      versions: { fastify: '5.0.0' },
    },
    contests,
    figures: [
      {
        name: 'start',
        unit: 'ms',
        value: { median: 900, least: 880, most: 950 },
        atMost: 1200,
        holds: true,
        how: 'a look',
      },
    ],
    notes: ['SimpleJWT is left out.'],
  };
}
