import type { Config } from '../config/env.js';
import type { Contracts } from '../contract-kit/contracts.js';

type Headers = Readonly<Record<string, string>>;

/** Of every answer: a cache must tell apart what pages of different origins may read. */
const ALWAYS = {
  vary: 'Origin',
  'access-control-expose-headers': 'Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id',
};

const ANY_ORIGIN: Headers = { ...ALWAYS, 'access-control-allow-origin': '*' };
const OTHER_ORIGIN: Headers = { ...ALWAYS, 'access-control-allow-credentials': 'true' };

/** What a preflight learns beside the headers of every answer. */
export const PREFLIGHT: Headers = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'Authorization, Content-Type, Auth-Contract, X-Pin, X-Request-Id',
  'access-control-max-age': '600',
};

/**
 * Which pages may read the answers of a path (Fetch standard, CORS protocol): of a contract with a cookie those of
 * `CORS_ORIGINS`, with credentials; of the others anybody's, without. The native routes take either, so there the page's
 * own origin decides. The sets of headers are made once: @fastify/cors, which makes them anew for each request, cost a
 * protected request 8 of its 60 microseconds.
 */
export function corsHeaders(
  contracts: Contracts,
  { CORS_ORIGINS }: Config,
): (path: string, origin: string | undefined) => Headers {
  const allowed = new Map(
    CORS_ORIGINS.map((origin) => [origin, { ...OTHER_ORIGIN, 'access-control-allow-origin': origin }]),
  );
  return (path, origin = '') => {
    const policy = contracts.ofBasePath(path)?.cors;
    if (policy === 'any origin') return ANY_ORIGIN;
    return allowed.get(origin) ?? (policy ? OTHER_ORIGIN : ANY_ORIGIN);
  };
}
