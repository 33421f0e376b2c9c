import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Contracts } from '../contract-kit/contracts.js';

/** What the log says of a request: never its URL, headers or body, which may hold secrets, but its route's pattern. */
export interface RequestLine {
  readonly method: string | null;
  readonly route: string | null;
  /** What was answered, or `null` if nothing was: the client went away, or what it sent broke off. */
  readonly status: number | null;
  readonly ms: number | null;
  readonly contract: string | null;
  readonly accountId: number | null;
}

const inProgress = new WeakSet<Socket>();

/** Whether a connection has a request that is yet to get its line. */
export function hasRequest(socket: Socket): boolean {
  return inProgress.has(socket);
}

/** Writes one line for a request once it is answered, or once its client went away, and tells it to the observer. */
export function logOnceOver(
  request: FastifyRequest,
  reply: FastifyReply,
  contracts: Contracts,
  observe: (line: RequestLine) => void,
): void {
  const startedAtMs = performance.now();
  const { socket } = request.raw;
  inProgress.add(socket);
  reply.raw.once('close', () => {
    inProgress.delete(socket);
    const line: RequestLine = {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.raw.writableFinished ? reply.statusCode : null,
      ms: Math.round((performance.now() - startedAtMs) * 10) / 10,
      contract: contracts.ofBasePath(request.url)?.name ?? null,
      accountId: accountOf(request),
    };
    request.log.info(line);
    observe(line);
  });
}

/** The account that a guard established: of a token's principal, or the one that signed in by password. */
function accountOf(request: FastifyRequest): number | null {
  const { user } = request as { user?: { accountId?: number; id?: number } };
  return user?.accountId ?? user?.id ?? null;
}
