import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { bearerToken } from '../bearer.js';
import { OpaqueTokenStrategy, type PresentedOpaqueToken } from '../strategies/opaque-token.strategy.js';
import { Authenticates } from './authenticates.js';
import { type AuthenticatedRequest, atClient, verdict } from './verdict.js';

/** Lets opaque tokens pass that come as `Authorization: Bearer`. */
@Authenticates()
@Injectable()
export class OpaqueTokenGuard extends AuthGuard('opaque-token') {
  constructor(private readonly strategy: OpaqueTokenStrategy) {
    super();
  }

  /** A token that was admitted a moment ago needs no Passport. */
  override canActivate(context: ExecutionContext): true | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const recalled = this.strategy.recall({ token: bearerToken(request) });
    if (!recalled) return super.canActivate(context) as Promise<boolean>;
    request.user = atClient(recalled, request);
    return true;
  }

  override getAuthenticateOptions(context: ExecutionContext): PresentedOpaqueToken {
    return { token: bearerToken(context.switchToHttp().getRequest()) };
  }

  override handleRequest<T>(error: unknown, principal: T | false, info: unknown, context: ExecutionContext): T {
    return atClient(verdict(error, principal, info) as T & object, context.switchToHttp().getRequest());
  }
}
