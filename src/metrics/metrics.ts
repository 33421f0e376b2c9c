import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { processMetrics } from './process-metrics.js';
import { SeriesHistogram } from './series-histogram.js';

/** From a cached token's microseconds to a queue's seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A figure, several by the value of a label, or `undefined` while there is none. */
type Figure = number | Readonly<Record<string, number>> | undefined;

/** A figure that is read whenever the metrics are. */
export interface Reading {
  /** Ends in its unit, and of a counter in `_total` (Prometheus naming). */
  readonly name: string;
  readonly help: string;
  /** What the keys of its figures stand for, if there are several. */
  readonly label?: string;
  readonly read: () => Figure;
}

/** The instruments that one service is measured with. No label ever holds what a caller made up. */
@Injectable()
export class Metrics {
  /** How answers to `/metrics` are labelled. */
  static readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  private readonly registry = new Registry();
  private readonly registers = [this.registry];

  /** By method, route, contract and status. */
  readonly requestSeconds = new SeriesHistogram({
    name: 'latchkey_http_request_duration_seconds',
    help: 'How long requests took, by the pattern of their route, contract and status.',
    buckets: SECONDS,
    register: this.registry,
  });

  readonly signIns = new Counter({
    name: 'latchkey_sign_ins_total',
    help: 'Sign-ins by contract and result: success, or the code of the refusal; credentials_wrong is a wrong name or password.',
    labelNames: ['contract', 'result'] as const,
    registers: this.registers,
  });

  readonly sessionsOpened = new Counter({
    name: 'latchkey_sessions_opened_total',
    help: 'Sessions that were opened, by contract.',
    labelNames: ['contract'] as const,
    registers: this.registers,
  });

  readonly refreshes = new Counter({
    name: 'latchkey_refreshes_total',
    help: 'New tokens given to sessions, by contract.',
    labelNames: ['contract'] as const,
    registers: this.registers,
  });

  readonly refreshReuses = new Counter({
    name: 'latchkey_refresh_reuses_total',
    help: 'Refresh tokens that were used twice, each of which ended its session, by contract.',
    labelNames: ['contract'] as const,
    registers: this.registers,
  });

  readonly hashWaitSeconds = new Histogram({
    name: 'latchkey_hash_wait_seconds',
    help: 'How long hashes waited for a thread.',
    buckets: SECONDS,
    registers: this.registers,
  });

  readonly hashSeconds = new Histogram({
    name: 'latchkey_hash_duration_seconds',
    help: 'How long threads took for a hash.',
    buckets: SECONDS,
    registers: this.registers,
  });

  /**
   * Begins to measure, the process too. What is counted by contract begins at zero: a counter that only appears with its
   * first event shows no rise to an alert.
   */
  begin(contracts: readonly string[]): void {
    processMetrics();
    for (const contract of contracts) {
      this.signIns.inc({ contract, result: 'success' }, 0);
      for (const counter of [this.sessionsOpened, this.refreshes, this.refreshReuses]) counter.inc({ contract }, 0);
    }
  }

  /** A figure that rises and falls. */
  gauge({ name, help, label, read }: Reading): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: this.registers,
      collect: () => show(gauge, label, read()),
    });
  }

  /** A figure that only rises, and is counted elsewhere. */
  counter({ name, help, read }: Omit<Reading, 'read'> & { readonly read: () => number }): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: this.registers,
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  }

  /** All figures as they are now, the process's own too, in Prometheus' text format. */
  async text(): Promise<string> {
    return Registry.merge([this.registry, processMetrics()]).metrics();
  }
}

function show(gauge: Gauge, label: string | undefined, figure: Figure): void {
  gauge.reset();
  if (figure === undefined) return gauge.remove();
  if (typeof figure === 'number') return gauge.set(figure);
  for (const [key, value] of Object.entries(figure)) gauge.set({ [label ?? '']: key }, value);
}
