import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { bearerToken } from '../bearer.js';
import type { PresentedOpaqueToken } from '../strategies/opaque-token.strategy.js';
import { Authenticates } from './authenticates.js';
import { atClient, verdict } from './verdict.js';

/** Lets opaque tokens pass that come as `Authorization: Bearer`. */
@Authenticates()
@Injectable()
export class OpaqueTokenGuard extends AuthGuard('opaque-token') {
  override getAuthenticateOptions(context: ExecutionContext): PresentedOpaqueToken {
    return { token: bearerToken(context.switchToHttp().getRequest()) };
  }

  override handleRequest<T>(error: unknown, principal: T | false, info: unknown, context: ExecutionContext): T {
    return atClient(verdict(error, principal, info) as T & object, context.switchToHttp().getRequest());
  }
}
