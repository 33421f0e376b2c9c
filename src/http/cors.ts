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

/** Which pages may read the answers of a route: those of a header contract anybody's, the others those of `CORS_ORIGINS`. */
export function corsPolicy(contracts: Contracts, config: Config): (request: FastifyRequest) => FastifyCorsOptions {
  const anyOrigin: FastifyCorsOptions = { ...SHARED, origin: '*' };
  const allowedOrigins: FastifyCorsOptions = { ...SHARED, origin: [...config.CORS_ORIGINS], credentials: true };
  return ({ url }) => (contracts.ofBasePath(url)?.cors === 'any origin' ? anyOrigin : allowedOrigins);
}
