import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Contracts } from '../contract-kit/contracts.js';
import type { NotedRefusal } from '../contract-kit/noted-refusal.js';
import type { RequestLogger } from '../logging/request-logger.js';

/** What requests of a kind have in common. There is one object for each kind, of which there are few. */
export interface RequestKind {
  readonly method: string;
  /** The pattern of its route. */
  readonly route: string | null;
  /** What was answered, or `null` if nothing was: the client went away, or what it sent broke off. */
  readonly status: number | null;
  readonly contract: string | null;
}

/** What is told of a request: never its URL, headers or body, which may hold secrets. */
export interface RequestLine {
  readonly kind: RequestKind;
  readonly ms: number;
  readonly accountId: number | null;
  readonly refusal?: NotedRefusal | undefined;
}

/** A question for the service's health, which load balancers ask every second. */
const HEALTH = /\/health(\/ready)?$/;

/** What the lines of a kind have in common. */
interface KindText {
  readonly level: 'info' | 'debug';
  readonly text: string;
}

const inProgress = new WeakSet<Socket>();

/** Whether a connection has a request that is yet to get its line. */
export function hasRequest(socket: Socket): boolean {
  return inProgress.has(socket);
}

/** Writes one line for each request, and tells it to the observer. */
export class RequestLog {
  private readonly kinds = new Map<string, RequestKind>();
  private readonly texts = new Map<RequestKind, KindText>();

  constructor(
    private readonly contracts: Contracts,
    private readonly observe: (line: RequestLine) => void,
  ) {}

  /** Has a request's line written once it is answered, or once its client went away. */
  follow(request: FastifyRequest, reply: FastifyReply): void {
    const startedAtMs = performance.now();
    const { socket } = request.raw;
    inProgress.add(socket);
    reply.raw.once('close', () => {
      inProgress.delete(socket);
      const { method, routeOptions, url } = request;
      const kind = this.kind({
        method,
        route: routeOptions.url ?? null,
        status: reply.raw.writableFinished ? reply.statusCode : null,
        contract: this.contracts.ofBasePath(url)?.name ?? null,
      });
      const ms = Math.round((performance.now() - startedAtMs) * 10) / 10;
      // Its own factory makes Fastify's loggers.
      this.write(request.log as RequestLogger, { kind, ms, accountId: accountOf(request), refusal: request.refusal });
    });
  }

  /** Writes the line of a request that is over. */
  write(logger: RequestLogger, line: RequestLine): void {
    const { level, text } = this.texts.get(line.kind) as KindText;
    const refusal = line.refusal ? `,${fieldsOf(line.refusal)}` : '';
    logger.line(level, `${text},"ms":${line.ms},"accountId":${line.accountId}${refusal}`);
    this.observe(line);
  }

  /** The one object for a kind. */
  kind(like: RequestKind): RequestKind {
    const key = `${like.method} ${like.route} ${like.status} ${like.contract}`;
    const known = this.kinds.get(key);
    if (known) return known;
    this.kinds.set(key, like);
    const isWell = like.status === 200 && HEALTH.test(like.route ?? '');
    this.texts.set(like, { level: isWell ? 'debug' : 'info', text: fieldsOf(like) });
    return like;
  }
}

/** JSON without the braces around it. */
function fieldsOf(of: object): string {
  return JSON.stringify(of).slice(1, -1);
}

/** The account that a guard established: of a token's principal, or the one that signed in by password. */
function accountOf(request: FastifyRequest): number | null {
  const { user } = request as { user?: { accountId?: number; id?: number } };
  return user?.accountId ?? user?.id ?? null;
}
