import type { Histogram, Registry } from 'prom-client';

/** One series of a histogram: what was observed under one set of labels. */
export class Series {
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(
    readonly labels: Readonly<Record<string, string | number>>,
    private readonly bounds: readonly number[],
  ) {
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count++;
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) this.counts[bucket]!++;
  }
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A histogram of prom-client's registry whose series are found once and then observed: prom-client looks each up by its
 * labels, sorted and joined, at every observation, which cost 2 of a protected request's 35 microseconds.
 */
export class SeriesHistogram {
  private readonly byLabels = new Map<string, Series>();

  constructor(
    private readonly options: {
      readonly name: string;
      readonly help: string;
      readonly buckets: readonly number[];
      readonly register: Registry;
    },
  ) {
    // The registry reads `name` and `get()` of its metrics alone.
    options.register.registerMetric(this as unknown as Histogram);
  }

  get name(): string {
    return this.options.name;
  }

  /** The series of a set of labels, which is always named in the same order. */
  series(labels: Series['labels']): Series {
    const key = JSON.stringify(labels);
    const series = this.byLabels.get(key) ?? new Series(labels, this.options.buckets);
    this.byLabels.set(key, series);
    return series;
  }

  /** What the registry prints. */
  async get(): Promise<{ name: string; help: string; type: 'histogram'; aggregator: 'sum'; values: Sample[] }> {
    const { name, help } = this.options;
    const values = [...this.byLabels.values()].flatMap((series) => this.samplesOf(series));
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }

  private samplesOf({ labels, counts, sum, count }: Series): Sample[] {
    const { name, buckets } = this.options;
    let below = 0;
    const ofBuckets = buckets.map((le, index) => bucketSample(name, labels, le, (below += counts[index]!)));
    return [
      ...ofBuckets,
      bucketSample(name, labels, '+Inf', count),
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

function bucketSample(name: string, labels: Series['labels'], le: number | string, value: number): Sample {
  return { metricName: `${name}_bucket`, labels: { le, ...labels }, value };
}
