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

/** Which pages may read the answers of a route: of a header contract and of e-mail verification, which any contract's front
 * end may ask for, anybody's; of the others those of `CORS_ORIGINS`. */
export function corsPolicy(contracts: Contracts, config: Config): (request: FastifyRequest) => FastifyCorsOptions {
  const anyOrigin: FastifyCorsOptions = { ...SHARED, origin: '*' };
  const allowedOrigins: FastifyCorsOptions = { ...SHARED, origin: [...config.CORS_ORIGINS], credentials: true };
  return ({ url }) =>
    contracts.ofBasePath(url)?.cors === 'any origin' || url.startsWith('/verify/') ? anyOrigin : allowedOrigins;
}
