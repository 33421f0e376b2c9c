import { applyDecorators, Controller } from '@nestjs/common';
import type { Contract } from './contract.js';
import { ApiTags } from './openapi.js';

/** A controller below its contract's base path; the bare paths are rewritten to it before routing. */
export function ContractController(contract: Contract): ClassDecorator {
  return applyDecorators(Controller(contract.name), ApiTags(contract.name));
}
