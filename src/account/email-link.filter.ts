import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LinkPasswordRefusal } from '../auth/by-mail/link-password.service.js';
import { noteRefusal } from '../contract-kit/noted-refusal.js';
import { DeadLinkError } from '../errors/auth-error.js';
import { deadLinkPage } from './dead-link-page.js';
import { passwordAskedPage } from './email-pages.js';
import { HTML } from '../contract-kit/page.js';

/** Answers with a page, since a person follows the link: that it is dead, or the form again. */
@Catch(DeadLinkError, LinkPasswordRefusal)
export class EmailLinkFilter implements ExceptionFilter<DeadLinkError | LinkPasswordRefusal> {
  catch(error: DeadLinkError | LinkPasswordRefusal, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    noteRefusal(http.getRequest(), error.code);
    const reply = http.getResponse<FastifyReply>().header('content-type', HTML);
    if (error instanceof DeadLinkError) void reply.status(410).send(deadLinkPage(error.fate, 'verify_email'));
    else void reply.status(403).send(passwordAskedPage(error.email, error.isMissing));
  }
}
