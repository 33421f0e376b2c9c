import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DeadLinkError } from '../errors/auth-error.js';
import { deadEmailLinkPage } from './email-pages.js';
import { HTML } from './page.js';

/** Answers a dead link with a page, since a person follows it. */
@Catch(DeadLinkError)
export class DeadLinkFilter implements ExceptionFilter<DeadLinkError> {
  catch(_error: DeadLinkError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.status(410).header('content-type', HTML).send(deadEmailLinkPage());
  }
}
