import { type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Door } from '../door.js';
import type { PresentedRefreshToken } from '../strategies/refresh-token.strategy.js';
import { Authenticates } from './authenticates.js';
import { atClient, verdict } from './verdict.js';

/** A guard that lets refresh tokens of one contract pass, found where that contract carries them. */
export function RefreshTokenGuard(
  door: Door & { readonly refreshToken: object },
): Type<InstanceType<ReturnType<typeof AuthGuard>>> {
  const { read } = door.refreshToken;

  @Authenticates()
  @Injectable()
  class ContractRefreshTokenGuard extends AuthGuard('refresh-token') {
    override async getAuthenticateOptions(context: ExecutionContext): Promise<PresentedRefreshToken> {
      return { token: await read(context.switchToHttp().getRequest()), contract: door.name };
    }

    override handleRequest<T>(error: unknown, principal: T | false, info: unknown, context: ExecutionContext): T {
      return atClient(verdict(error, principal, info) as T & object, context.switchToHttp().getRequest());
    }
  }
  return ContractRefreshTokenGuard;
}
