import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PasswordRefusal } from '../auth/by-mail/password-reset.service.js';
import { noteRefusal } from '../contract-kit/noted-refusal.js';
import { DeadLinkError } from '../errors/auth-error.js';
import { deadLinkPage } from './dead-link-page.js';
import { HTML } from '../contract-kit/page.js';
import { refusedPasswordPage } from './password-reset-pages.js';

/** Answers with a page, since a person follows the link: that it is dead, or the form again. */
@Catch(DeadLinkError, PasswordRefusal)
export class PasswordResetFilter implements ExceptionFilter<DeadLinkError | PasswordRefusal> {
  catch(error: DeadLinkError | PasswordRefusal, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    noteRefusal(http.getRequest(), error.code);
    const reply = http.getResponse<FastifyReply>().header('content-type', HTML);
    if (error instanceof DeadLinkError) void reply.status(410).send(deadLinkPage(error.fate, 'reset_password'));
    else void reply.status(400).send(refusedPasswordPage(error.question));
  }
}
