import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { ShortAnswer, ShortCuts, Shortly, ShortRoute } from '../contract-kit/short-cuts.js';
import { RequestLogger } from '../logging/request-logger.js';
import type { RequestKind, RequestLog } from './request-log.js';
import { namesOneHost } from './request-target.js';

/** How a request that takes a short cut begins and ends: as every other does. */
export interface Manners {
  readonly shortCuts: ShortCuts;
  /** The headers of every answer at a path, and those that tell the page of an origin what it may read. */
  readonly headersFor: (path: string) => Headers;
  readonly corsFor: (path: string, origin: string | undefined) => Headers;
  readonly idOf: (request: IncomingMessage) => string;
  readonly log: RequestLog;
  readonly logger: Logger;
}

type Headers = Readonly<Record<string, string>>;

/** The longest body that is looked into, in bytes: one that comes in a packet with its head. */
const LONGEST_BODY = 4096;

/**
 * Answers requests whose token was verified before, and that are plain in every other way, before Fastify and Nest see them:
 * for such a request the hooks, guards and parameters of a route take twice the time of all that is checked
 * (docs/performance.md). Any other request, and each that is refused, goes on to its controller.
 */
export function takeShortCuts(manners: Manners, otherwise: RequestListener): RequestListener {
  const { shortCuts } = manners;
  return (request, response) => {
    const route = shortCuts.routeFor(request);
    if (!route || !namesOneHost(request)) return otherwise(request, response);
    const beganAtMs = performance.now();
    const goOn = (answer: Shortly, body: Buffer | undefined): void => {
      if (answer) return send({ manners, route, request, response, answer, beganAtMs });
      if (body) request.unshift(body);
      otherwise(request, response);
    };
    const ask = (body?: Buffer): void => {
      const answer = unlessThrown(() => route.answer(request, body));
      if (!(answer instanceof Promise)) return goOn(answer, body);
      void answer.catch(() => undefined).then((known) => goOn(known, body));
    };
    if (route.asksInBody) process.nextTick(() => ask(wholeBody(request)));
    else ask();
  };
}

/** What is thrown is a refusal, which the controller words. */
function unlessThrown<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** A body that is there already. What came with the head is there once the parser has read the packet. */
function wholeBody(request: IncomingMessage): Buffer | undefined {
  const length = Number(request.headers['content-length']);
  if (!(length > 0 && length <= LONGEST_BODY)) return undefined;
  const body = request.read() as Buffer | null;
  if (body && body.length < length) request.unshift(body);
  return body?.length === length ? body : undefined;
}

interface Answered {
  readonly manners: Manners;
  readonly route: ShortRoute;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly answer: ShortAnswer;
  readonly beganAtMs: number;
}

function send({ manners, route, request, response, answer, beganAtMs }: Answered): void {
  const id = manners.idOf(request);
  const body = JSON.stringify(answer.body);
  response.writeHead(200, [
    ...flat(manners.headersFor(route.route)),
    ...flat(manners.corsFor(route.route, request.headers.origin)),
    'x-request-id',
    id,
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
  ]);
  response.end(body);
  const ms = Math.round((performance.now() - beganAtMs) * 10) / 10;
  manners.log.write(new RequestLogger(manners.logger, { id }), {
    kind: kindOf(route, manners.log),
    ms,
    accountId: answer.accountId,
  });
}

const kinds = new WeakMap<ShortRoute, RequestKind>();

function kindOf(shortRoute: ShortRoute, log: RequestLog): RequestKind {
  const known = kinds.get(shortRoute);
  if (known) return known;
  const { method, route, contract } = shortRoute;
  const kind = log.kind({ method, route, status: 200, contract });
  kinds.set(shortRoute, kind);
  return kind;
}

const flatOf = new WeakMap<Headers, readonly string[]>();

/** Names and values in turn, as Node sends them quickest, made once for each set. */
function flat(headers: Headers): readonly string[] {
  const known = flatOf.get(headers);
  if (known) return known;
  const made = Object.entries(headers).flat();
  flatOf.set(headers, made);
  return made;
}
