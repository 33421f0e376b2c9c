import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type Observable, tap } from 'rxjs';
import { principalOf } from '../auth/decorators/current-principal.js';
import { comesWithCookie } from '../auth/guards/account.guard.js';
import { clearSessionCookie } from '../auth/sessions/session-cookie.js';
import { Config } from '../config/env.js';
import { Revocations } from '../tokens/revocations.js';

/** Takes the cookie back from a request that came with it and has ended its own session. */
@Injectable()
export class CookieReturn implements NestInterceptor {
  constructor(
    private readonly revocations: Revocations,
    private readonly config: Config,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      tap(() => {
        const hasEnded = this.revocations.reasonOf(principalOf(context).sessionId) !== undefined;
        if (hasEnded && comesWithCookie(http.getRequest()))
          clearSessionCookie(http.getResponse<FastifyReply>(), this.config);
      }),
    );
  }
}
