import { describe, expect, it } from 'vitest';
import { report } from '../../bench/report.js';
import { ratioOf, spreadOf } from '../../bench/statistics.js';
import { contestOf, resultsOf } from './results.js';

const text = report(resultsOf(contestOf('ours', 'bare', { median: 0.8, least: 0.75, most: 0.81 })));

describe('the report of a benchmark', () => {
  it('says what was measured on what', () => {
    expect(text).toContain('Commit abc1234 with changes; Node v20.20.2; Linux 6.1.');
    expect(text).toContain('2 × A <fast> one, 8 GB.');
    expect(text).toContain('fastify 5.0.0.');
  });

  it('puts the target and the verdict beside a ratio and a figure', () => {
    expect(text).toContain('| ours | bare | 0.8 | 0.75 – 0.81 | ≥ 0.7 | yes |');
    expect(text).toContain('| start | 900 ms | 880 – 950 | ≤ 1200 | yes | a look |');
  });

  it('says what each side does, and whether something else held it up', () => {
    expect(text).toContain('| ours | 1000 | 900 – 1100 | 1 | 2.5 | 0.123 | 1.1 | 95 % | a <check> & a log line |');
    expect(text).toContain('50 %, limited by the client | nothing \\| at all |');
  });

  it('says what was left out', () => {
    expect(text).toContain('- SimpleJWT is left out.');
  });

  it('shows a target that is missed', () => {
    const missed = report(resultsOf(contestOf('ours', 'bare', { median: 0.5, least: 0.4, most: 0.6 })));
    expect(missed).toContain('| 0.5 | 0.4 – 0.6 | ≥ 0.7 | **no** |');
  });
});

describe('the statistics of a benchmark', () => {
  it('take the middle of the rounds and their ends', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4 });
  });

  it('take ratios round by round', () => {
    expect(ratioOf([10, 1, 30], [20, 2, 20])).toEqual({ median: 0.5, least: 0.5, most: 1.5 });
  });
});
