import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '../door.js';

/** Whom the token guard found that a request speaks for. */
export function principalOf(context: ExecutionContext): Principal {
  return context.switchToHttp().getRequest<{ user: Principal }>().user;
}

/** Whatever the route's guard established: a `Principal`, a `RefreshPrincipal`, or the account that signed in. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): unknown =>
  principalOf(context),
);
