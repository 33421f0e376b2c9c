import { Body, type PipeTransform } from '@nestjs/common';
import type { Contract } from './contract.js';
import type { RawBody } from './body.js';
import { type Dto, toDto } from './dto.js';

/** Reads a request's body as a contract does. @throws {RequestError} what is wrong with it */
export async function readDto<T extends object>(
  contract: Pick<Contract, 'readFields'>,
  type: Dto<T>,
  body: unknown,
  lastStep?: number,
): Promise<T> {
  return toDto(type, await contract.readFields(body as RawBody | undefined), lastStep);
}

/** The body of a request, read and checked as its contract does. */
export function ContractBody<T extends object>(
  contract: Pick<Contract, 'readFields'>,
  type: Dto<T>,
): ParameterDecorator {
  const pipe: PipeTransform = { transform: (body: unknown) => readDto(contract, type, body) };
  return Body(pipe);
}
