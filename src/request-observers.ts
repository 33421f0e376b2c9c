import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Usage } from './audit/usage.js';
import type { RequestKind, RequestLine } from './http/request-log.js';
import { Metrics } from './metrics/metrics.js';
import type { Series } from './metrics/series-histogram.js';

/** The methods that have label values of their own: callers may make others up. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A preflight is no use of a contract, and a load balancer's question for its health none by a front end. */
const isUse = ({ method, route }: RequestKind): boolean =>
  route !== null && method !== 'OPTIONS' && !route.endsWith('/health');

/** Who hears of every request once it is over: the metrics, and the count of each contract's use. */
export function requestObserver(app: NestFastifyApplication): (line: RequestLine) => void {
  const { requestSeconds } = app.get(Metrics);
  const usage = app.get(Usage);
  const seriesOf = new Map<RequestKind, Series>();
  const begin = (kind: RequestKind): Series => {
    const series = requestSeconds.series({
      method: METHODS.has(kind.method) ? kind.method : 'other',
      route: kind.route ?? 'unknown',
      contract: kind.contract ?? 'native',
      status: kind.status ?? 'aborted',
    });
    seriesOf.set(kind, series);
    return series;
  };
  return ({ kind, ms }) => {
    (seriesOf.get(kind) ?? begin(kind)).observe(ms / 1000);
    if (kind.contract !== null && isUse(kind)) usage.count(kind.contract, 'requests');
  };
}
