import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DeadLinkError } from '../errors/auth-error.js';
import { deadLinkPage } from './dead-link-page.js';
import { HTML } from './page.js';

/** Answers a dead link with a page, since a person follows it. */
@Catch(DeadLinkError)
export class DeadLinkFilter implements ExceptionFilter<DeadLinkError> {
  catch({ fate }: DeadLinkError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.status(410).header('content-type', HTML).send(deadLinkPage(fate, 'verify_email'));
  }
}
