import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptsHtml } from '../contract-kit/page-request.js';
import { RequestError } from '../contract-kit/wire-error.js';

/** Lets a request pass that asks for a page; to any other there is no such route. */
@Injectable()
export class BrowsersOnly implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp();
    void http.getResponse<FastifyReply>().header('vary', 'Origin, Accept');
    if (!acceptsHtml(http.getRequest<FastifyRequest>())) throw new RequestError('route_unknown');
    return true;
  }
}
