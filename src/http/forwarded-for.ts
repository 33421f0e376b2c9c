import type { RequestListener } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/env.js';

const HEADER = 'x-forwarded-for';

/** An IPv4 address with a port, and an IPv6 address in brackets, with or without one: some proxies write both. */
const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$|^\[([^\]]+)\](?::\d+)?$/;

/** Fastify's setting for the proxies whose X-Forwarded-For counts; none by default. */
export function trustedProxies({ TRUST_PROXY }: Config): string[] | false {
  return TRUST_PROXY.length > 0 && [...TRUST_PROXY];
}

/**
 * Gives requests an X-Forwarded-For of plain addresses, for Fastify takes what is no address for whom it looks for: ports
 * and brackets go, and so does all that comes before an `unknown` or worse, which nobody vouches for.
 */
export function forwardedByAddresses(route: RequestListener): RequestListener {
  return (request, response) => {
    const list = request.headers[HEADER];
    if (typeof list === 'string') request.headers[HEADER] = plainAddresses(list).join(', ');
    route(request, response);
  };
}

/** The addresses at the end of a list, where the nearest proxy writes; empty entries do not count (RFC 9110 §5.6.1). */
function plainAddresses(list: string): string[] {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map(withoutPort);
  return entries.slice(entries.findLastIndex((entry) => isIP(entry) === 0) + 1);
}

function withoutPort(entry: string): string {
  const [, ipv4, ipv6] = WITH_PORT.exec(entry) ?? [];
  return ipv4 ?? ipv6 ?? entry;
}

/**
 * Warns, once, of an X-Forwarded-For from somebody who is not trusted: behind a proxy that nobody named, all clients seem
 * to come from one network, and share its limits.
 */
export function untrustedForwardingWarning(): (request: FastifyRequest) => void {
  let isWarned = false;
  return (request) => {
    if (isWarned || !request.headers[HEADER] || isFromTrustedProxy(request)) return;
    isWarned = true;
    request.log.warn({
      msg: 'X-Forwarded-For came from an address that TRUST_PROXY does not name, and is ignored. If that is your proxy, name it there; this is said once.',
      from: request.raw.socket.remoteAddress,
    });
  };
}

/** Fastify lists the addresses that it believes, the nearest first, if any proxy is trusted at all. */
function isFromTrustedProxy({ ips }: FastifyRequest): boolean {
  return (ips?.length ?? 0) > 1;
}
