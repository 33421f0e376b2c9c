import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { pinHeader } from '../decorators/pin-header.js';
import { principalOf } from '../decorators/current-principal.js';
import { PinsService } from '../pins.service.js';

/**
 * Lets accounts pass that have no PIN, or whose PIN was proved in this session within five minutes or comes with the
 * request as `X-Pin`. Stands after a token guard.
 */
@Injectable()
export class PinGuard implements CanActivate {
  constructor(private readonly pins: PinsService) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    await this.pins.demand(principalOf(context), pinHeader(context.switchToHttp().getRequest<FastifyRequest>()));
    return true;
  }
}
