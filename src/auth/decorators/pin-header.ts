import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The PIN that a request proves with the header `X-Pin`, if it has one; an empty one is none. */
export function pinHeader({ headers }: FastifyRequest): string | undefined {
  const header = headers['x-pin'];
  return (Array.isArray(header) ? header[0] : header) || undefined;
}

/** The PIN that the request proves with the header `X-Pin`, if it has one. */
export const PinHeader = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined =>
  pinHeader(context.switchToHttp().getRequest()),
);
