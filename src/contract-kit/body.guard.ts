import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Contract } from './contract.js';
import { readDto } from './contract-body.js';
import type { Dto } from './dto.js';

/**
 * A guard that refuses a bad body before the guards behind it run, for contracts that check the body first.
 * @param lastStep rules of later steps are left to the handler
 */
export function BodyGuard<T extends object>(contract: Contract, type: Dto<T>, lastStep?: number): Type<CanActivate> {
  @Injectable()
  class ContractBodyGuard implements CanActivate {
    async canActivate(context: ExecutionContext): Promise<true> {
      await readDto(contract, type, context.switchToHttp().getRequest<FastifyRequest>().body, lastStep);
      return true;
    }
  }
  return ContractBodyGuard;
}
