import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly service: unknown;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Whether its status says that it failed. */
  readonly failed: boolean;
}

/** A collector of OpenTelemetry traces (OTLP over HTTP, as JSON). */
export interface Collector {
  /** What a service sends to; it ends in a slash, as people write it. */
  readonly endpoint: string;
  /** The spans so far, in the order in which they ended. */
  readonly spans: ReceivedSpan[];
  /** Everything that arrived, as it was written. */
  readonly bodies: string[];
  /** How many requests arrived. */
  readonly requests: () => number;
  stop(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface Exported {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: Attribute[] };
    readonly scopeSpans: { readonly spans: (Omit<ReceivedSpan, 'attributes'> & RawSpan)[] }[];
  }[];
}

interface RawSpan {
  readonly attributes: Attribute[];
  readonly status: { readonly code: number };
}

const ERROR = 2;

/** Starts a collector. One that hangs takes every request and never answers. */
export async function startCollector({ hangs = false } = {}): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  let requests = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const isForUs = request.method === 'POST' && request.url === '/otlp/v1/traces';
    if (isForUs) bodies.push(body);
    if (isForUs) spans.push(...spansOf(JSON.parse(body) as Exported));
    response.writeHead(isForUs ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
  };
  // It must not end an idle connection while the next batch is on its way.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    requests++;
    if (!hangs) void take(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    endpoint: `http://127.0.0.1:${port}/otlp/`,
    spans,
    bodies,
    requests: () => requests,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function spansOf({ resourceSpans }: Exported): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ name, kind, traceId, spanId, parentSpanId, attributes, status }) => ({
        service: valuesOf(resource.attributes)['service.name'],
        name,
        kind,
        traceId,
        spanId,
        parentSpanId: parentSpanId || undefined,
        attributes: valuesOf(attributes),
        failed: status.code === ERROR,
      })),
  );
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
