import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { Config } from '../config/env.js';
import { NotedExporter } from './noted-exporter.js';

/** Every bound is given: the library would look for it in the environment, behind the settings. */
const QUEUE = { maxQueueSize: 2048, maxExportBatchSize: 512, scheduledDelayMillis: 2000, exportTimeoutMillis: 3000 };
const LIMITS = {
  attributeValueLengthLimit: 4096,
  attributeCountLimit: 32,
  linkCountLimit: 1,
  eventCountLimit: 1,
  attributePerEventCountLimit: 1,
  attributePerLinkCountLimit: 1,
};

/** How long a collector may take for a batch, and how long a stop waits for it, in milliseconds. */
const COLLECTOR_MS = 2500;
const STOP_MS = 1000;

/** Spans on their way to the collector. */
export interface Export {
  readonly tracer: Tracer;
  /** Sends what waits, if the collector takes it within a second. */
  readonly stop: () => Promise<void>;
}

/** Sends spans to `OTEL_EXPORTER_OTLP_ENDPOINT`, in batches, off the path of all requests. What finds no room is dropped. */
export function startExport(config: Config, warn: (line: object) => void): Export {
  const exporter = new NotedExporter(exporterFor(config.OTEL_EXPORTER_OTLP_ENDPOINT), warn);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: config.OTEL_SERVICE_NAME }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanLimits: LIMITS,
    generalLimits: { attributeValueLengthLimit: 4096, attributeCountLimit: 32 },
    spanProcessors: [new BatchSpanProcessor(exporter, QUEUE)],
  });
  return {
    tracer: provider.getTracer('latchkey'),
    stop: () => withinMs(STOP_MS, provider.shutdown()),
  };
}

function exporterFor(endpoint: string): SpanExporter {
  return new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: COLLECTOR_MS,
    concurrencyLimit: 2,
  });
}

/** Waits for something to be over, well or not, but not longer than that. */
async function withinMs(ms: number, over: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([over.catch(() => undefined), late]);
  clearTimeout(timer);
}
