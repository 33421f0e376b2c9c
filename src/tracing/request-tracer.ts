import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/env.js';
import { parentOf } from './trace-parent.js';
import { type Attributes, traceWith } from './traced.js';

/** The methods that semantic conventions know; any other is `_OTHER` there. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

/** The request that is being served, as whoever makes spans below it has to know it. */
interface Serving {
  readonly tracer: Tracer;
  readonly context: Context;
}

/** One for the process: several services in one tell by what they find in it whose request it is. */
const serving = new AsyncLocalStorage<Serving>();

/** Makes a span of every request, by the pattern of its route: never its URL, headers or body, which may hold secrets. */
export class RequestTracer {
  private readonly spans = new WeakMap<FastifyRequest, Span>();
  private readonly scheme: string;

  constructor(
    private readonly tracer: Tracer,
    config: Config,
  ) {
    this.scheme = new URL(config.PUBLIC_URL).protocol.slice(0, -1);
    traceWith(child);
  }

  /** Follows the requests of a server that has no routes yet. */
  follow(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      this.begin(request, reply);
      done();
    });
    // Reading the body ends whatever was entered before.
    server.addHook('preHandler', (request, _reply, done) => {
      const span = this.spans.get(request);
      if (!span) return done();
      serving.run({ tracer: this.tracer, context: trace.setSpan(ROOT_CONTEXT, span) }, done);
    });
  }

  private begin(request: FastifyRequest, reply: FastifyReply): void {
    const method = METHODS.has(request.method) ? request.method : '_OTHER';
    const route = request.routeOptions.url;
    const parent = parentOf(request.headers.traceparent);
    const span = this.tracer.startSpan(
      [method === '_OTHER' ? 'HTTP' : method, route].filter(Boolean).join(' '),
      {
        kind: SpanKind.SERVER,
        attributes: {
          [ATTR_HTTP_REQUEST_METHOD]: method,
          [ATTR_URL_SCHEME]: this.scheme,
          ...(route !== undefined && { [ATTR_HTTP_ROUTE]: route }),
        },
      },
      parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT,
    );
    this.spans.set(request, span);
    request.log = request.log.child({ traceId: span.spanContext().traceId });
    reply.raw.once('close', () => end(span, reply));
  }
}

function end(span: Span, { raw, statusCode }: FastifyReply): void {
  if (raw.writableFinished) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
  const fault = raw.writableFinished ? statusCode >= 500 && String(statusCode) : 'aborted';
  if (fault) span.setAttribute(ATTR_ERROR_TYPE, fault).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Does something as a span below that of the request that is being served; without one it is only done. */
function child<T>(name: string, attributes: Attributes, act: () => Promise<T>): Promise<T> {
  const request = serving.getStore();
  return request ? spanned(request, name, attributes, act) : act();
}

async function spanned<T>(
  { tracer, context }: Serving,
  name: string,
  attributes: Attributes,
  act: () => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, { attributes }, context);
  try {
    return await serving.run({ tracer, context: trace.setSpan(context, span) }, act);
  } catch (error) {
    // Not its message: a driver's may quote values.
    span.setAttribute(ATTR_ERROR_TYPE, error instanceof Error ? error.name : 'error');
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
