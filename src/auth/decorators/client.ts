import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Client as ClientOfRequest } from '../door.js';

/** The longest user agent worth keeping, in characters. */
const USER_AGENT_LENGTH = 512;

/** Where a request comes from. */
export const Client = createParamDecorator((_data: unknown, context: ExecutionContext): ClientOfRequest => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    ip: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, USER_AGENT_LENGTH),
    identify: (accountId) => void Object.assign(request, { user: { accountId } }),
  };
});
