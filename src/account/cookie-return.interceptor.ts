import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type Observable, tap } from 'rxjs';
import { principalOf } from '../auth/decorators/current-principal.js';
import { comesWithCookie } from '../auth/guards/account.guard.js';
import { clearSessionCookie } from '../auth/sessions/session-cookie.js';
import { Config } from '../config/env.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { AccessTokenService } from '../tokens/access-token.service.js';

/** Takes the cookie back from a request that came with it and has ended its own session. */
@Injectable()
export class CookieReturn implements NestInterceptor {
  constructor(
    private readonly accessTokens: AccessTokenService,
    private readonly config: Config,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      tap(() => {
        if (!comesWithCookie(http.getRequest())) return;
        const hasEnded = this.accessTokens.endOfSession(principalOf(context).claims as AccessTokenClaims);
        if (hasEnded) clearSessionCookie(http.getResponse<FastifyReply>(), this.config);
      }),
    );
  }
}
