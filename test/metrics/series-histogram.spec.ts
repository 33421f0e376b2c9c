import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { SeriesHistogram } from '../../src/metrics/series-histogram.js';
import { parseMetrics } from '../support/exposition.js';

const NAME = 'request_duration_seconds';
const HELP = 'How long requests took.\nWith a \\ and a second line.';
const BUCKETS = [0.0005, 0.1, 1, 2.5];

const LABELS = [
  { method: 'GET', route: '/cookie/protected/me', contract: 'cookie', status: 200 },
  { method: 'GET', route: '/cookie/protected/me', contract: 'cookie', status: 401 },
  { method: 'other', route: 'unknown', contract: 'native', status: 'aborted' },
  { method: 'GET', route: '/a "quoted"\\ path\n', contract: 'native', status: 200 },
];

/** On a bound, next to one, below all and above all. */
const VALUES = [0, 0.0005, 0.000_500_1, 0.1, 0.3, 1, 2.5, 2.6, 1e9, 1e-9];

/** Ours and prom-client's own, after the same observations. */
async function texts(observed: readonly (readonly [which: number, value: number])[]): Promise<[string, string]> {
  const [ours, theirs] = [new Registry(), new Registry()];
  const series = new SeriesHistogram({ name: NAME, help: HELP, buckets: BUCKETS, register: ours });
  const histogram = new Histogram({
    name: NAME,
    help: HELP,
    buckets: BUCKETS,
    labelNames: ['method', 'route', 'contract', 'status'],
    registers: [theirs],
  });
  for (const [which, value] of observed) {
    const labels = LABELS[which] as (typeof LABELS)[number];
    series.series(labels).observe(value);
    histogram.observe(labels, value);
  }
  return [await ours.metrics(), await theirs.metrics()];
}

describe('the text of a histogram of series', () => {
  it("is that of prom-client's own after the same observations", async () => {
    const observed = VALUES.flatMap((value) => LABELS.map((_labels, which) => [which, value] as const));
    const [ours, theirs] = await texts(observed);
    expect(ours).toBe(theirs);
    expect(parseMetrics(ours).get(NAME)?.samples).toHaveLength(LABELS.length * (BUCKETS.length + 3));
  });

  it('is that of prom-client also for a thousand at random, and for one, and for none', async () => {
    const random = Array.from(
      { length: 1000 },
      () => [Math.floor(Math.random() * LABELS.length), Math.random() * 4] as const,
    );
    for (const observed of [random, random.slice(0, 1), []]) {
      const [ours, theirs] = await texts(observed);
      expect(ours).toBe(theirs);
    }
  });

  it('goes through a merge of registries, as the service prints it', async () => {
    const [ours, theirs] = [new Registry(), new Registry()];
    new SeriesHistogram({ name: NAME, help: HELP, buckets: BUCKETS, register: ours }).series({ a: 'b' }).observe(1);
    const histogram = new Histogram({
      name: NAME,
      help: HELP,
      buckets: BUCKETS,
      labelNames: ['a'],
      registers: [theirs],
    });
    histogram.observe({ a: 'b' }, 1);
    const merged = await Promise.all(
      [ours, theirs].map((registry) => Registry.merge([registry, new Registry()]).metrics()),
    );
    expect(merged[0]).toBe(merged[1]);
  });
});

describe('a series', () => {
  it('is found again by its labels, and is another for others', async () => {
    const register = new Registry();
    const histogram = new SeriesHistogram({ name: NAME, help: HELP, buckets: BUCKETS, register });
    const [labels, others] = LABELS as [object, object] as [Record<string, string>, Record<string, string>];
    expect(histogram.series({ ...labels })).toBe(histogram.series({ ...labels }));
    expect(histogram.series(others)).not.toBe(histogram.series(labels));
  });
});
