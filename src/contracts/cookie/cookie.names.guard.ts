import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RegistrationService } from '../../auth/registration.service.js';
import { RequestClient } from '../../auth/request-client.js';
import { readDto } from '../../contract-kit/contract-body.js';
import { COOKIE } from './cookie.contract.js';
import { NAMES_STEP, RegisterDto } from './cookie.dto.js';

/** Refuses bad and taken names before the passwords are looked at: this contract checks in that order. */
@Injectable()
export class FreeNamesGuard implements CanActivate {
  constructor(private readonly registration: RegistrationService) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const names = await readDto(COOKIE, RegisterDto, request.body, NAMES_STEP);
    await this.registration.refuseTaken(names, new RequestClient(request), async () => {
      const { username, email, password1 } = await readDto(COOKIE, RegisterDto, request.body);
      return { username, email, password: password1 };
    });
    return true;
  }
}
