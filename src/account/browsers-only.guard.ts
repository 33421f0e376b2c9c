import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequestError } from '../contract-kit/wire-error.js';

/** A media range that browsers send, unless it says that it is not wanted (RFC 9110 §12.5.1). */
const WANTS_HTML = /(?:^|,)\s*(?:text\/html|application\/xhtml\+xml)\s*(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/** Lets a request pass that asks for a page; to any other there is no such route. */
@Injectable()
export class BrowsersOnly implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { accept = '' } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (!WANTS_HTML.test(accept)) throw new RequestError('route_unknown');
    return true;
  }
}
