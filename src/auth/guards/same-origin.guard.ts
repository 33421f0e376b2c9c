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
  private readonly isHttps: boolean;

  constructor(config: Config) {
    const own = new URL(config.PUBLIC_URL);
    this.allowed = new Set([own.origin, ...config.CORS_ORIGINS]);
    this.isHttps = own.protocol === 'https:';
  }

  canActivate(context: ExecutionContext): true {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const site = headers['sec-fetch-site'];
    if (site === 'same-origin' || site === 'none') return true;
    if (headers.origin === undefined && site === undefined) return true;
    if (
      headers.origin !== undefined &&
      (this.allowed.has(headers.origin) || this.isOwnHost(headers.origin, headers.host))
    )
      return true;
    throw new AuthError('cross_site_request');
  }

  /** Whether an origin is the host that was asked; of a service behind https, not its plain http namesake. */
  private isOwnHost(origin: string, host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(origin)) return false;
    const { protocol, host: originHost } = new URL(origin);
    return originHost === host.toLowerCase() && (protocol === 'https:' || !this.isHttps);
  }
}
