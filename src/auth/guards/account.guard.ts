import type { IncomingHttpHeaders } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/env.js';
import { AuthError } from '../../errors/auth-error.js';
import { OpaqueTokenService } from '../../tokens/opaque-token.service.js';
import type { PresentedTokens } from '../door.js';
import { AccessTokenStrategy } from '../strategies/access-token.strategy.js';
import { OpaqueTokenStrategy } from '../strategies/opaque-token.strategy.js';
import { sessionCookies } from '../sessions/session-cookie.js';
import { AnyAccessTokenGuard } from './access-token.guard.js';
import { Authenticates } from './authenticates.js';
import { OpaqueTokenGuard } from './opaque-token.guard.js';
import { SameOriginGuard } from './same-origin.guard.js';

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** What follows the scheme, or the whole header of a contract without one. */
const AUTHORIZATION = /^(?:Bearer +)?(\S+)$/i;

/** The tokens of a request, wherever any contract carries one. @throws {AuthError} `token_missing` */
function tokensOf({ headers }: FastifyRequest, config: Config): PresentedTokens {
  const tokens = authorizationToken(headers) ?? sessionCookies(headers, config);
  if (tokens.length === 0) throw new AuthError('token_missing');
  return tokens;
}

/** The token in the header Authorization, as any contract writes it there. */
export function authorizationToken({ authorization }: IncomingHttpHeaders): string | undefined {
  return AUTHORIZATION.exec(authorization?.trim() ?? '')?.[1];
}

/** Whether a request that `AccountGuard` let pass came with the cookie rather than with a token in its header. */
export function comesWithCookie(request: FastifyRequest): boolean {
  return authorizationToken(request.headers) === undefined;
}

const AccessTokenOfAnyContract = AnyAccessTokenGuard(tokensOf);

/**
 * Lets every account pass that presents a token of whatever contract, as that contract carries it: an access token as
 * Bearer, raw or in the cookie, or an opaque token as Bearer. With the cookie, other sites' pages change nothing.
 */
@Authenticates()
@Injectable()
export class AccountGuard implements CanActivate {
  private readonly accessTokens: CanActivate;
  private readonly opaqueTokens: CanActivate;

  constructor(
    config: Config,
    private readonly opaque: OpaqueTokenService,
    private readonly sameOrigin: SameOriginGuard,
    accessTokens: AccessTokenStrategy,
    opaqueTokens: OpaqueTokenStrategy,
  ) {
    this.opaqueTokens = new OpaqueTokenGuard(opaqueTokens);
    this.accessTokens = new AccessTokenOfAnyContract(config, accessTokens);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const token = authorizationToken(request.headers);
    if (token === undefined && !SAFE_METHODS.has(request.method)) this.sameOrigin.canActivate(context);
    const isOpaque = token !== undefined && this.opaque.isWellFormed(token);
    return (isOpaque ? this.opaqueTokens : this.accessTokens).canActivate(context) as boolean | Promise<boolean>;
  }
}
