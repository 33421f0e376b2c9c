import type { FastifyRequest } from 'fastify';
import { RequestClient } from '../auth/request-client.js';

/** What the log tells of a request that was refused: why, and the address that it came from. */
export interface NotedRefusal {
  readonly code: string;
  readonly address: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    refusal?: NotedRefusal;
  }
}

/** Has the line of a request say that it was refused. */
export function noteRefusal(request: FastifyRequest, code: string): void {
  request.refusal = { code, address: new RequestClient(request).ip };
}
