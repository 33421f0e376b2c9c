import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';

/**
 * Refuses requests that another site makes with a user's cookie (OWASP's defence by Fetch Metadata, Origin behind it).
 * Requests that carry neither header do not come from a browser, and pass.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  private readonly allowed: ReadonlySet<string>;

  constructor(config: Config) {
    this.allowed = new Set([new URL(config.PUBLIC_URL).origin, ...config.CORS_ORIGINS]);
  }

  canActivate(context: ExecutionContext): true {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const site = headers['sec-fetch-site'];
    if (site === 'same-origin' || site === 'none') return true;
    if (headers.origin === undefined && site === undefined) return true;
    if (headers.origin !== undefined && (this.allowed.has(headers.origin) || isOwnHost(headers.origin, headers.host)))
      return true;
    throw new AuthError('cross_site_request');
  }
}

function isOwnHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
