import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import type { Fields } from './body.js';
import { readDto } from './contract-body.js';
import { NATIVE } from './native.js';
import { reads } from './read-parts.js';
import { readQuery } from './query.js';

/** The input of a route that declares none. */
export class NothingDto {}

/**
 * Refuses a body or a query at a route that reads none: the answer would say yes to what nobody did. Routes that
 * declare one check it themselves. It runs after the guards, as their checks do.
 */
@Injectable()
export class KnownInput implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const { query, body } = context.switchToHttp().getRequest<FastifyRequest>();
    const handler = context.getHandler();
    if (!reads(handler, 'query')) readQuery(NothingDto, query as Fields);
    if (body !== undefined && !reads(handler, 'body')) await readDto(NATIVE, NothingDto, body);
    return next.handle();
  }
}
