import type { FastifyRequest } from 'fastify';
import type { Client } from './door.js';

/** The longest user agent worth keeping, in characters. */
const USER_AGENT_LENGTH = 512;

/** Where a request comes from; looked up when asked for, as most requests never do. */
export class RequestClient implements Client {
  constructor(private readonly request: FastifyRequest) {}

  /** The first part of the path: a contract's name, after bare paths are rewritten, or `account`, `admin`, … */
  get door(): string {
    return this.request.url.slice(1).split(/[/?#]/, 1)[0] ?? '';
  }

  get ip(): string {
    return this.request.ip;
  }

  get userAgent(): string | undefined {
    return this.request.headers['user-agent']?.slice(0, USER_AGENT_LENGTH);
  }

  get requestId(): string {
    return this.request.id;
  }

  identify(accountId: number): void {
    Object.assign(this.request, { user: { accountId } });
  }
}
