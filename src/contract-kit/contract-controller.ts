import { applyDecorators, Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Contract } from './contract.js';

/** A controller below its contract's base path; the bare paths are rewritten to it before routing. */
export function ContractController(contract: Contract): ClassDecorator {
  return applyDecorators(Controller(contract.name), ApiTags(contract.name));
}
