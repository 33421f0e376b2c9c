import type { SpanContext } from '@opentelemetry/api';

const VERSION_0 = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;
const LATER = /^(?!ff|00)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
const ALL_ZERO = /^0+$/;
const SAMPLED = 1;

/** The span of the caller that `traceparent` names (W3C Trace Context §3.2); `undefined` if it names none. */
export function parentOf(traceparent: string | readonly string[] | undefined): SpanContext | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, traceId = '', spanId = '', flags = ''] = VERSION_0.exec(traceparent) ?? LATER.exec(traceparent) ?? [];
  if (traceId === '' || ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED, isRemote: true };
}
