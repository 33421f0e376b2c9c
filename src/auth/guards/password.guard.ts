import { type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import type { Credentials, Door } from '../door.js';
import { RequestClient } from '../request-client.js';
import type { LocalOptions } from '../strategies/local.strategy.js';
import { Authenticates } from './authenticates.js';
import { verdict } from './verdict.js';

/**
 * A guard that lets a name with its password pass. It reads the contract's own credentials first, so that a missing
 * field is that contract's 400 and never Passport's 401.
 * @param read finds the credentials in a request, and refuses malformed ones in the contract's words
 */
export function PasswordGuard(
  door: Door,
  read: (request: FastifyRequest) => Credentials | Promise<Credentials>,
): Type<InstanceType<ReturnType<typeof AuthGuard>>> {
  @Authenticates()
  @Injectable()
  class ContractPasswordGuard extends AuthGuard('local') {
    override async getAuthenticateOptions(context: ExecutionContext): Promise<LocalOptions> {
      const request = context.switchToHttp().getRequest<FastifyRequest>();
      return { door, credentials: await read(request), client: new RequestClient(request) };
    }

    override handleRequest<T>(error: unknown, account: T | false, info: unknown): T {
      return verdict(error, account, info);
    }
  }
  return ContractPasswordGuard;
}
