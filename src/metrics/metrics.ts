import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a cached token's microseconds to a queue's seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The instruments that the service is measured with (Prometheus naming). */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requestSeconds = new Histogram({
    name: 'latchkey_http_request_duration_seconds',
    help: 'How long requests took, by the pattern of their route, contract and status.',
    labelNames: ['method', 'route', 'contract', 'status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });

  readonly signIns = new Counter({
    name: 'latchkey_sign_ins_total',
    help: 'Sign-ins by contract and result: success, or the code of the refusal.',
    labelNames: ['contract', 'result'] as const,
    registers: [this.registry],
  });

  readonly hashSeconds = new Histogram({
    name: 'latchkey_hash_wait_seconds',
    help: 'How long hashes waited for a thread.',
    buckets: SECONDS,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A figure that is read whenever the metrics are. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(read()) });
    this.registry.registerMetric(gauge);
  }
}
