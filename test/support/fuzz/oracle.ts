import { SECURITY_HEADERS } from '../shapes.js';
import type { Answer } from '../http.js';
import { type Draft, headerOf } from './draft.js';
import { pathOf, type RouteBook } from './route-book.js';
import type { Outcome } from './wire.js';

/** What the oracle has to know of a request. */
export type Asked = Pick<Draft, 'method' | 'target' | 'headers' | 'mayBeUnparsable'>;

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** What only may be cached, and what is a page with a policy of its own; they have their own tests. */
const CACHED = /^\/(\.well-known|docs)\b/;
const PAGES = /^\/(docs|verify|password-reset)\b/;

/** What gives away how the service is made: stacks, modules, statements. */
const INSIDES = /\n\s+at |node_modules|\.[jt]s:\d+|SQLITE_|QueryFailed|TypeError|violates|SELECT .+ FROM|postgres:\/\//;

/** What is answered to what never became a request. */
const PARSER_REFUSALS: Readonly<Record<number, string>> = {
  400: 'request_malformed',
  408: 'request_timeout',
  431: 'headers_too_large',
};

/** What may be answered to any request, before its route is asked. */
const ANYWHERE = new Set([400, 404, 405, 413]);

/** Says what is wrong with an answer, whatever the request: nothing, if the service keeps its word. */
export class Oracle {
  constructor(
    private readonly book: RouteBook,
    /** What no answer may hold. */
    private readonly secrets: readonly string[],
  ) {}

  /** What is wrong with what came back. */
  faultsOf(asked: Asked, outcome: Outcome): string[] {
    if (typeof outcome === 'string') return [`no answer: ${outcome}`];
    return [
      ...faultsOfStatus(outcome),
      ...faultsOfHeaders(asked, outcome),
      ...this.faultsOfShape(asked, outcome),
      ...this.leaksOf(outcome),
    ];
  }

  private faultsOfShape(asked: Asked, answer: Answer): string[] {
    if (isRefusedByParser(asked, answer)) return [];
    const path = pathOf(asked.target);
    if (asked.method === 'OPTIONS') return this.faultsOfOptions(path, answer);
    const hasBody = asked.method !== 'HEAD';
    const known = this.book.at(path);
    const method = hasBody ? asked.method : 'GET';
    const asking = known.filter((operation) => operation.method === method);
    const faults = asking.map((operation) => this.book.faultsOf(operation, answer, hasBody));
    if (faults.some((found) => found.length === 0)) return [];
    if (known.length > 0 && asking.length === 0 && answer.status === 405) {
      const allowed = (answer.headers.allow ?? '').split(', ');
      const isComplete = known.some((operation) => allowed.includes(operation.method));
      if (!isComplete) return [`405 with Allow: ${answer.headers.allow}`];
    }
    if (/^\/docs(\/|$)/.test(path) && answer.status === 200) return [];
    const isRefusal = ANYWHERE.has(answer.status) && (!hasBody || this.book.isRefusalAt(path, answer));
    // A documented route has documented refusals, but for what is refused before it is asked.
    if (isRefusal && (asking.length === 0 || answer.status === 400 || answer.status === 413)) return [];
    return faults[0] ?? [`${answer.status} is no refusal of the door of ${path.slice(0, 100)}`];
  }

  /** Every path that can be read takes it, as a preflight comes before anybody knows what. */
  private faultsOfOptions(path: string, answer: Answer): string[] {
    const isAnswered = answer.status === 204 && answer.text === '';
    const isRefused = (answer.status === 400 || answer.status === 413) && this.book.isRefusalAt(path, answer);
    return isAnswered || isRefused ? [] : ['OPTIONS is not answered'];
  }

  private leaksOf({ text, headers }: Answer): string[] {
    const whole = `${text}\n${JSON.stringify(headers)}`;
    const isPlain = !headers['content-type']?.startsWith('text/javascript');
    if (isPlain && INSIDES.test(text)) return ['it shows its insides'];
    return this.secrets.some((secret) => whole.includes(secret)) ? ['it holds a secret'] : [];
  }
}

function faultsOfStatus({ status, headers }: Answer): string[] {
  if (status < 500) return [];
  if (status !== 503) return [`status ${status}`];
  return /^\d+$/.test(headers['retry-after'] ?? '') ? [] : ['503 without Retry-After'];
}

function faultsOfHeaders(asked: Asked, { status, headers }: Answer): string[] {
  const path = pathOf(asked.target);
  const isRight = ([name, value]: readonly [string, string]): boolean => {
    const sent = String(headers[name] ?? '');
    if (name === 'content-security-policy' && PAGES.test(path)) return sent !== '';
    if (name === 'cache-control') return CACHED.test(path) || sent.includes(value);
    return sent === value;
  };
  const wrong = Object.entries(SECURITY_HEADERS)
    .filter((header) => !isRight(header))
    .map(([name]) => `${name}: ${String(headers[name])}`);
  const id = String(headers['x-request-id'] ?? '');
  const given = asked.headers.filter(([name]) => name.toLowerCase() === 'x-request-id');
  if (!REQUEST_ID.test(id)) wrong.push(`x-request-id: ${id}`);
  if (given.length === 1 && REQUEST_ID.test(given[0]?.[1] ?? '') && given[0]?.[1] !== id && !asked.mayBeUnparsable)
    wrong.push(`x-request-id: ${id} for ${given[0]?.[1]}`);
  if (status === 405 && !headers.allow) wrong.push('405 without Allow');
  if ((status === 429 || status === 503) && !headers['retry-after']) wrong.push(`${status} without Retry-After`);
  if (headerOf(asked, 'origin') === undefined && headers['access-control-allow-origin'] === 'null')
    wrong.push('an origin that nobody sent');
  return wrong;
}

/** What never became a request is refused in problem details, and its connection closed. */
function isRefusedByParser({ method, mayBeUnparsable }: Asked, { status, headers, json }: Answer): boolean {
  const { code } = (json ?? {}) as { code?: string };
  const isWorded = code === PARSER_REFUSALS[status] || (method === 'HEAD' && code === undefined);
  return mayBeUnparsable && headers.connection === 'close' && status in PARSER_REFUSALS && isWorded;
}
