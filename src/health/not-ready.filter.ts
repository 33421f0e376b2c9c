import { type ArgumentsHost, Catch, type ExceptionFilter, ServiceUnavailableException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteRefusal } from '../contract-kit/noted-refusal.js';

/** Answers with what Terminus found when the service is not ready. The reasons, which name hosts, go to the log only. */
@Catch(ServiceUnavailableException)
export class NotReadyFilter implements ExceptionFilter<ServiceUnavailableException> {
  catch(exception: ServiceUnavailableException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const found = exception.getResponse();
    const request = http.getRequest<FastifyRequest>();
    noteRefusal(request, 'not_ready');
    request.log.warn({ found }, 'The service is not ready.');
    const reply = http
      .getResponse<FastifyReply>()
      .status(503)
      .header('content-type', 'application/json; charset=utf-8');
    void reply.send(JSON.stringify(found, (key, value: unknown) => (key === 'message' ? undefined : value)));
  }
}
