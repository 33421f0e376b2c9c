import { type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/env.js';
import type { Door, PresentedTokens, TokenPrincipal } from '../door.js';
import { AccessTokenStrategy, type PresentedAccessTokens } from '../strategies/access-token.strategy.js';
import { Authenticates } from './authenticates.js';
import { type AuthenticatedRequest, atClient, verdict } from './verdict.js';

/** Reads the access tokens of a request. @throws {AuthError} `token_missing` or `token_header_malformed` */
export type AccessTokenReader = (request: FastifyRequest, config: Config) => PresentedTokens;

/** A guard that lets access tokens of one contract pass, found where that contract carries them. */
export function AccessTokenGuard(door: Door & { readonly accessToken: object }): Type<AuthGuardInstance> {
  return guardFor(door.accessToken.read, door.name);
}

/** A guard that lets access tokens of every contract pass, found by `read`. */
export function AnyAccessTokenGuard(read: AccessTokenReader): Type<AuthGuardInstance> {
  return guardFor(read, undefined);
}

type AuthGuardInstance = InstanceType<ReturnType<typeof AuthGuard>>;

function guardFor(read: AccessTokenReader, contract: string | undefined): Type<AuthGuardInstance> {
  @Authenticates()
  @Injectable()
  class ContractAccessTokenGuard extends AuthGuard('access-token') {
    constructor(
      private readonly config: Config,
      private readonly strategy: AccessTokenStrategy,
    ) {
      super();
    }

    /** A token that was verified before needs no Passport, whose objects for each request cost as much as Nest's router. */
    override canActivate(context: ExecutionContext): true | Promise<boolean> {
      const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
      const recalled = this.recall(request);
      if (!recalled) return super.canActivate(context) as Promise<boolean>;
      request.user = atClient(recalled, request);
      return true;
    }

    private recall(request: FastifyRequest): TokenPrincipal | undefined {
      const tokens = read(request, this.config);
      try {
        return this.strategy.recall({ tokens, contract });
      } catch (error) {
        return verdict<TokenPrincipal>(error, false, undefined, 'access token');
      }
    }

    override getAuthenticateOptions(context: ExecutionContext): PresentedAccessTokens {
      return { tokens: read(context.switchToHttp().getRequest(), this.config), contract };
    }

    override handleRequest<T>(error: unknown, principal: T | false, info: unknown, context: ExecutionContext): T {
      return atClient(
        verdict(error, principal, info, 'access token') as T & object,
        context.switchToHttp().getRequest(),
      );
    }
  }
  return ContractAccessTokenGuard;
}
