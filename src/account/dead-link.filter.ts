import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { noteRefusal } from '../contract-kit/noted-refusal.js';
import { DeadLinkError } from '../errors/auth-error.js';
import { deadLinkPage } from './dead-link-page.js';
import { HTML } from './page.js';

/** Answers a dead link with a page, since a person follows it. */
@Catch(DeadLinkError)
export class DeadLinkFilter implements ExceptionFilter<DeadLinkError> {
  catch({ code, fate }: DeadLinkError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    noteRefusal(http.getRequest(), code);
    const reply = http.getResponse<FastifyReply>();
    void reply.status(410).header('content-type', HTML).send(deadLinkPage(fate, 'verify_email'));
  }
}
