import type { Config } from '../config/env.js';
import type { Contracts } from '../contract-kit/contracts.js';

type Headers = Readonly<Record<string, string>>;

/** Of every answer: a cache must tell apart what pages of different origins may read. */
const VARIES: Headers = { vary: 'Origin' };

const READABLE: Headers = {
  ...VARIES,
  'access-control-expose-headers': 'Allow, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Request-Id',
};

/** Headers of an answer that the pages of any origin may read, without credentials. */
export const ANY_ORIGIN: Headers = { ...READABLE, 'access-control-allow-origin': '*' };

/** The headers of ours that a page sends, for a preflight that asks for none, or for what is no list of names. */
const OUR_HEADERS = 'Authorization, Content-Type, Auth-Contract, X-Pin, X-Request-Id';

/** A header name (RFC 9110 §5.1). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\da-z-]+$/i;

/** Longest list that a preflight may ask for, in names and in characters. */
const MOST_NAMES = 100;
const LONGEST_LIST = 8192;

/**
 * Decides which pages may read the answers of a path (Fetch standard, CORS protocol): those of `CORS_ORIGINS` with
 * credentials, and of every other origin without, except at a contract with a cookie. The sets of headers are made once:
 * @fastify/cors, which makes them anew for each request, cost a protected request 8 of its 60 microseconds.
 */
export function corsHeaders(
  contracts: Contracts,
  { PUBLIC_URL, CORS_ORIGINS }: Config,
): (path: string, origin: string | undefined) => Headers {
  const withCredentials = { ...READABLE, 'access-control-allow-credentials': 'true' };
  // Its own origin is one of them: `SameOriginGuard` lets it pass too, whatever name the service was asked by.
  const allowed = new Map<string, Headers>(
    [new URL(PUBLIC_URL).origin, ...CORS_ORIGINS].map((origin) => [
      origin,
      { ...withCredentials, 'access-control-allow-origin': origin },
    ]),
  );
  return (path, origin = '') =>
    allowed.get(origin) ?? (contracts.ofBasePath(path)?.cors === 'allowed origins only' ? VARIES : ANY_ORIGIN);
}

/**
 * Headers of the answer to a preflight. It allows the headers that it asks for, as the services did that Latchkey
 * replaces: front ends send some for tracing, against forgery, or of their own.
 * @param cors the headers of every answer to that origin at that path
 */
export function preflightHeaders(cors: Headers, asked: string | undefined): Headers {
  const vary = { ...cors, vary: 'Origin, Access-Control-Request-Headers' };
  if (cors === VARIES) return vary;
  return {
    ...vary,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': namesIn(asked) ?? OUR_HEADERS,
    'access-control-max-age': '600',
  };
}

/** The names in a list, as it may be answered; `undefined` if it has none, too many, or what is no name. */
function namesIn(list = ''): string | undefined {
  if (list.length > LONGEST_LIST) return undefined;
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const isAllowed = names.length > 0 && names.length <= MOST_NAMES && names.every((name) => HEADER_NAME.test(name));
  return isAllowed ? names.join(', ') : undefined;
}
