import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { noteRefusal } from '../contract-kit/noted-refusal.js';
import { OAuthError } from './oauth-error.js';

/** Answers the refusals that only the OAuth routes know. */
@Catch(OAuthError)
export class OAuthErrorFilter implements ExceptionFilter<OAuthError> {
  catch({ refusal, answer: { status, headers = {}, body } }: OAuthError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    noteRefusal(http.getRequest(), refusal);
    const reply = http.getResponse<FastifyReply>();
    void reply.status(status).headers(headers).send(body);
  }
}
