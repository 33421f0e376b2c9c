import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/env.js';

/** Fastify's setting for the proxies whose X-Forwarded-For counts; none by default. */
export function trustedProxies({ TRUST_PROXY }: Config): string[] | false {
  return TRUST_PROXY.length > 0 && [...TRUST_PROXY];
}

/**
 * Warns, once, of an X-Forwarded-For from somebody who is not trusted: behind a proxy that nobody named, all clients seem
 * to come from one network, and share its limits.
 */
export function untrustedForwardingWarning(): (request: FastifyRequest) => void {
  let isWarned = false;
  return (request) => {
    if (isWarned || !request.headers['x-forwarded-for'] || isFromTrustedProxy(request)) return;
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
