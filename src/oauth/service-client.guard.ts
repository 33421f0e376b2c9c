import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticates } from '../auth/guards/authenticates.js';
import { RequestClient } from '../auth/request-client.js';
import type { RawBody } from '../contract-kit/body.js';
import type { Scope } from '../tokens/service-clients.service.js';
import { ClientAuthenticationService, type ServiceCaller } from './client-authentication.service.js';
import { readOAuthForm } from './oauth-form.js';
import { presentedClient } from './presented-client.js';

type OAuthRequest = FastifyRequest & { caller?: ServiceCaller };

/**
 * A guard that lets service clients pass that authenticate by their secret.
 * @param scope what they have to be granted, for routes that also take their access token
 */
export function ServiceClientGuard(scope?: Scope): Type<CanActivate> {
  @Authenticates()
  @Injectable()
  class RouteServiceClientGuard implements CanActivate {
    constructor(private readonly clients: ClientAuthenticationService) {}

    async canActivate(context: ExecutionContext): Promise<true> {
      const request = context.switchToHttp().getRequest<OAuthRequest>();
      const form = await readOAuthForm(request.body as RawBody | undefined);
      const presented = presentedClient(request.headers.authorization, form);
      const from = new RequestClient(request);
      request.caller = await (scope === undefined
        ? this.clients.bySecret(presented, from)
        : this.clients.withScope(scope, presented, from));
      return true;
    }
  }
  return RouteServiceClientGuard;
}

/** The service client that the route's guard let pass. */
export const Caller = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ServiceCaller | undefined =>
    context.switchToHttp().getRequest<OAuthRequest>().caller,
);
