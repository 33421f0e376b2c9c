import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { compressionOf } from '../contract-kit/media-types.js';
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
  const answers = new Map<ShortRoute, Answers>();
  const answersOf = (route: ShortRoute): Answers => {
    const known = answers.get(route);
    if (known) return known;
    const made = new Answers(manners, route);
    answers.set(route, made);
    return made;
  };
  return (request, response) => {
    const route = shortCuts.routeFor(request);
    if (!route || !namesOneHost(request) || (!route.asksInBody && hasBody(request))) otherwise(request, response);
    else if (route.asksInBody)
      process.nextTick(() => answersOf(route).take(request, response, otherwise, wholeBody(request)));
    else answersOf(route).take(request, response, otherwise, undefined);
  };
}

/** A body that nobody asked for may turn out to be malformed, which is the only answer then. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** A body that is there already. What came with the head is there once the parser has read the packet. */
function wholeBody(request: IncomingMessage): Buffer | undefined {
  const length = Number(request.headers['content-length']);
  if (!(length > 0 && length <= LONGEST_BODY) || compressionOf(request) !== undefined) return undefined;
  const body = request.read() as Buffer | null;
  if (body && body.length < length) request.unshift(body);
  return body?.length === length ? body : undefined;
}

/** The answers of one route: what they have in common is made once. */
class Answers {
  private readonly kind: RequestKind;
  /** The headers of an answer, names and values in turn, by what they tell pages of other origins. */
  private readonly headers = new Map<Headers, readonly string[]>();

  constructor(
    private readonly manners: Manners,
    private readonly route: ShortRoute,
  ) {
    const { method, route: pattern, contract } = route;
    this.kind = manners.log.kind({ method, route: pattern, status: 200, contract });
  }

  take(request: IncomingMessage, response: ServerResponse, otherwise: RequestListener, body: Buffer | undefined): void {
    const beganAtMs = performance.now();
    const goOn = (answer: Shortly): void => {
      if (answer && !request.socket.destroyed) return this.send(request, response, answer, beganAtMs);
      if (body) request.unshift(body);
      otherwise(request, response);
    };
    const answer = this.answer(request, body);
    if (answer instanceof Promise)
      answer
        .catch(() => undefined)
        .then(goOn)
        .catch(() => response.destroy());
    else goOn(answer);
  }

  /** What is thrown is a refusal, which the controller words. */
  private answer(request: IncomingMessage, body: Buffer | undefined): ReturnType<ShortRoute['answer']> {
    try {
      return this.route.answer(request, body);
    } catch {
      return undefined;
    }
  }

  private send(request: IncomingMessage, response: ServerResponse, answer: ShortAnswer, beganAtMs: number): void {
    const { manners, kind } = this;
    const id = manners.idOf(request);
    const { text, length } = answer.body;
    const headers = this.headersFor(request.headers.origin);
    response.writeHead(200, [...headers, 'x-request-id', id, 'content-length', length]);
    response.end(text);
    const ms = Math.round((performance.now() - beganAtMs) * 10) / 10;
    manners.log.write(new RequestLogger(manners.logger, { id }), { kind, ms, accountId: answer.accountId });
  }

  private headersFor(origin: string | undefined): readonly string[] {
    const path = this.route.route;
    const cors = this.manners.corsFor(path, origin);
    const known = this.headers.get(cors);
    if (known) return known;
    const all = { ...this.manners.headersFor(path), ...cors, 'content-type': 'application/json; charset=utf-8' };
    const made = Object.entries(all).flat();
    this.headers.set(cors, made);
    return made;
  }
}
