import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/env.js';
import type { Contracts } from '../contract-kit/contracts.js';

const SHARED: FastifyCorsOptions = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Auth-Contract', 'X-Pin', 'X-Request-Id'],
  exposedHeaders: ['Retry-After', 'RateLimit', 'RateLimit-Policy', 'WWW-Authenticate', 'X-Request-Id'],
  maxAge: 600,
  // An OPTIONS that is no preflight is answered like one.
  strictPreflight: false,
};

/**
 * Which pages may read the answers of a route: of a contract with a cookie those of `CORS_ORIGINS`, with credentials; of
 * the others anybody's, without. The native routes take either, so there the page's own origin decides.
 */
export function corsPolicy(contracts: Contracts, config: Config): (request: FastifyRequest) => FastifyCorsOptions {
  const anyOrigin: FastifyCorsOptions = { ...SHARED, origin: '*' };
  const allowedOrigins: FastifyCorsOptions = { ...SHARED, origin: [...config.CORS_ORIGINS], credentials: true };
  return ({ url, headers }) => {
    const policy = contracts.ofBasePath(url)?.cors;
    if (policy) return policy === 'any origin' ? anyOrigin : allowedOrigins;
    return config.CORS_ORIGINS.includes(headers.origin ?? '') ? allowedOrigins : anyOrigin;
  };
}
