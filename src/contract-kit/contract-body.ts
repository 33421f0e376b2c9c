import { Body, type PipeTransform } from '@nestjs/common';
import type { Contract } from './contract.js';
import type { RawBody } from './body.js';
import { type Dto, type Reading, toDto } from './dto.js';
import { noteReading } from './read-parts.js';

/** How a part of the API reads bodies. */
export interface BodyReading extends Pick<Contract, 'readFields'>, Pick<Reading, 'refusesUnknown'> {}

/** Reads a request's body as a contract does. @throws {RequestError} what is wrong with it */
export async function readDto<T extends object>(
  { readFields, refusesUnknown }: BodyReading,
  type: Dto<T>,
  body: unknown,
  lastStep?: number,
): Promise<T> {
  return toDto(type, await readFields(body as RawBody | undefined), { lastStep, refusesUnknown });
}

/**
 * The body of a request, read and checked as its contract does.
 * @param lastStep rules of later steps are left to the handler
 */
export function ContractBody<T extends object>(
  reading: BodyReading,
  type: Dto<T>,
  lastStep?: number,
): ParameterDecorator {
  const pipe: PipeTransform = { transform: (body: unknown) => readDto(reading, type, body, lastStep) };
  return (prototype, method, index) => {
    noteReading('body', prototype, method);
    Body(pipe)(prototype, method, index);
  };
}
