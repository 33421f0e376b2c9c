import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { isFormType, type RawBody } from '../contract-kit/body.js';
import { HTML } from '../contract-kit/page.js';
import { linkRequestedPage } from './password-reset-pages.js';

/** Answers a form, which a person sent, with a page. */
@Injectable()
export class RequestedPage implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const body = http.getRequest<FastifyRequest>().body as RawBody | undefined;
    if (!body || !isFormType(body.mediaType)) return next.handle();
    void http.getResponse<FastifyReply>().status(200).header('content-type', HTML);
    return next.handle().pipe(map(linkRequestedPage));
  }
}
