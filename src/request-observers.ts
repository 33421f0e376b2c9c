import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Usage } from './audit/usage.js';
import type { RequestLine } from './http/request-log.js';
import { Metrics } from './metrics/metrics.js';

/** The methods that have label values of their own: callers may make others up. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A preflight is no use of a contract, and a load balancer's question for its health none by a front end. */
const isUse = ({ method, route }: RequestLine): boolean =>
  route !== null && method !== 'OPTIONS' && !route.endsWith('/health');

/** Who hears of every request once it is over: the metrics, and the count of each contract's use. */
export function requestObserver(app: NestFastifyApplication): (line: RequestLine) => void {
  const { requestSeconds } = app.get(Metrics);
  const usage = app.get(Usage);
  return (line) => {
    const { method, route, contract, status, ms } = line;
    const labels = {
      method: METHODS.has(method ?? '') ? (method as string) : 'other',
      route: route ?? 'unknown',
      contract: contract ?? 'native',
      status: status ?? 'aborted',
    };
    requestSeconds.observe(labels, (ms ?? 0) / 1000);
    if (contract !== null && isUse(line)) usage.count(contract, 'requests');
  };
}
