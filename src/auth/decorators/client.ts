import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Client as ClientOfRequest } from '../door.js';

/** The longest user agent worth keeping, in characters. */
const USER_AGENT_LENGTH = 512;

/** Where a request comes from. */
export const Client = createParamDecorator((_data: unknown, context: ExecutionContext): ClientOfRequest => {
  const { ip, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return { ip, userAgent: headers['user-agent']?.slice(0, USER_AGENT_LENGTH) };
});
