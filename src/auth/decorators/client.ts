import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Client as ClientOfRequest } from '../door.js';
import { RequestClient } from '../request-client.js';

/** Where a request comes from. */
export const Client = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ClientOfRequest =>
    new RequestClient(context.switchToHttp().getRequest()),
);
