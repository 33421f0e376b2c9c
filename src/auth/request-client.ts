import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Client } from './door.js';

/** The longest user agent worth keeping, in characters. */
const USER_AGENT_LENGTH = 512;

/** What an IPv4 address has in front where IPv6 is spoken (RFC 4291 §2.5.5.2). */
const IPV4_MAPPED = /^::ffff:(?=\d+\.)/i;

/** Calls to make when a connection closes. One listener for all of them: any number of requests may come over it at once. */
const leaving = new WeakMap<Socket, Set<() => void>>();

function whenClosed(socket: Socket, leave: () => void): () => void {
  if (socket.destroyed) setImmediate(leave);
  let all = leaving.get(socket);
  if (!all) {
    leaving.set(socket, (all = new Set()));
    const calls = all;
    socket.once('close', () => {
      for (const call of calls) call();
    });
  }
  all.add(leave);
  return () => void leaving.get(socket)?.delete(leave);
}

/** Where a request comes from; looked up when asked for, as most requests never do. */
export class RequestClient implements Client {
  constructor(private readonly request: FastifyRequest) {}

  /** The first part of the path: a contract's name, after bare paths are rewritten, or `account`, `admin`, … */
  get door(): string {
    return this.request.url.slice(1).split(/[/?#]/, 1)[0] ?? '';
  }

  get ip(): string {
    const { ip } = this.request;
    // Of a connection that is gone already there may be none.
    return IPV4_MAPPED.test(ip) ? ip.replace(IPV4_MAPPED, '') : ip;
  }

  get userAgent(): string | undefined {
    return this.request.headers['user-agent']?.slice(0, USER_AGENT_LENGTH);
  }

  get requestId(): string {
    return this.request.id;
  }

  whenGone(leave: () => void): () => void {
    return whenClosed(this.request.raw.socket, leave);
  }

  endTurn(): void {
    this.request.endTurn?.();
  }

  identify(accountId: number): void {
    Object.assign(this.request, { user: { accountId } });
  }
}
