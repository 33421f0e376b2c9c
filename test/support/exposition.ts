import { Metrics } from '../../src/metrics/metrics.js';
import { send } from './http.js';
import type { ServiceProcess } from './process.js';
import type { Service } from './service.js';

/** One figure with its labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The figures of one metric. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const HELP = /^# HELP ([a-z_:][\w:]*) (\S.*)$/;
const TYPE = /^# TYPE ([a-z_:][\w:]*) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-z_:][\w:]*)(?:\{(.+)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|Nan)$/;
const LABEL = /([a-z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/**
 * The metrics of a text in Prometheus' format (version 0.0.4), by name. Stricter than Prometheus: every metric has its HELP
 * and TYPE once and before its figures, no figure comes twice, and histograms add up.
 * @throws {Error} naming the line
 */
export function parseMetrics(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line is not ended.');
  const families = new Map<string, Family>();
  let help: RegExpExecArray | null = null;
  let current: [string, Family] | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const type = TYPE.exec(line);
    if (line === '') {
      current = undefined;
    } else if (line.startsWith('# HELP')) {
      help = HELP.exec(line);
    } else if (type) {
      const [, name = '', kind = ''] = type;
      if (help?.[1] !== name || families.has(name)) throw new Error(line);
      current = [name, { type: kind, help: help[2] ?? '', samples: [] }];
      families.set(...current);
    } else if (current) {
      current[1].samples.push(sampleOf(line, current));
    } else {
      fail(line);
    }
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

/** The metrics of a service in this process, or at the port of another, as they are now. */
export async function metricsOf(
  service: Pick<Service, 'app'> | Pick<ServiceProcess, 'metricsUrl'>,
): Promise<Map<string, Family>> {
  if ('app' in service) return parseMetrics(await service.app.get(Metrics).text());
  const { status, text } = await send('GET', service.metricsUrl);
  if (status !== 200) throw new Error(`${service.metricsUrl}: ${status} ${text}`);
  return parseMetrics(text);
}

/** One figure, by the name of its sample and labels; 0 if there is none. */
export function figure(families: Map<string, Family>, name: string, labels: Sample['labels'] = {}): number {
  const matching = [...families.values()]
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name && isPart(labels, sample.labels));
  return matching.reduce((sum, { value }) => sum + value, 0);
}

function isPart(part: Sample['labels'], labels: Sample['labels']): boolean {
  return Object.entries(part).every(([name, value]) => labels[name] === value);
}

function sampleOf(line: string, [family, { type }]: [string, Family]): Sample {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => family + end) : [family];
  if (!names.includes(name)) fail(line);
  return {
    name,
    labels: labelsOf(labels, line),
    value: Number(value.replace('Inf', 'Infinity').replace('Nan', 'NaN')),
  };
}

function labelsOf(text: string, line: string): Record<string, string> {
  const found = [...text.matchAll(LABEL)];
  const labels = Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]));
  if (found.map(([whole]) => whole).join('') !== text || Object.keys(labels).length !== found.length) fail(line);
  return labels;
}

function check(name: string, { type, samples }: Family): void {
  // Within one metric all figures have their labels in the same order.
  const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  if (new Set(keys).size !== keys.length) fail(`${name}: a figure comes twice`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) fail(`${name}: a counter below zero`);
  if (type !== 'histogram') return;
  for (const count of samples.filter((sample) => sample.name === `${name}_count`)) {
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket` && isPart(count.labels, sample.labels));
    const values = buckets.map(({ value }) => value);
    const isRising = values.every((value, i) => value >= (values[i - 1] ?? 0));
    if (!isRising || buckets.at(-1)?.labels.le !== '+Inf' || values.at(-1) !== count.value)
      fail(`${name}: buckets do not add up`);
  }
}

function fail(what: string): never {
  throw new Error(`Not of Prometheus' format: ${what}`);
}
