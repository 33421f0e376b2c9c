import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Contracts } from '../contract-kit/contracts.js';

/** One line for each request: never its URL, headers or body, which may hold secrets, but its route's pattern. */
export function logRequests(server: FastifyInstance, contracts: Contracts): void {
  server.addHook('onResponse', (request, reply, done) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      contract: contracts.ofBasePath(request.url)?.name ?? null,
      accountId: accountOf(request),
    });
    done();
  });
}

/** The account that a guard established: of a token's principal, or the one that signed in by password. */
function accountOf(request: FastifyRequest): number | null {
  const { user } = request as { user?: { accountId?: number; id?: number } };
  return user?.accountId ?? user?.id ?? null;
}
