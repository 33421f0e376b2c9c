import { Controller, Delete, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { PinGuard } from '../auth/guards/pin.guard.js';
import { PinsService } from '../auth/pins.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiHeader, ApiNoContentResponse, ApiOperation } from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { CHANGING, ForAccounts, PIN_HEADER, WITH_PIN } from './account-route.js';
import { PinProofDto } from './credentials.dto.js';

/** My PIN. Setting one is for the contract `cookie`. */
@Controller('account/pin')
@ForAccounts()
export class PinController {
  constructor(private readonly pins: PinsService) {}

  @Post('verify')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'provePin',
    summary: 'Prove my PIN, for 5 minutes in this session',
    description: 'An account without a PIN has nothing to prove.',
  })
  @ApiNoContentResponse({ description: 'The PIN is proved, or there is none.' })
  @Refusals(NATIVE, PinProofDto, 'body_malformed', ...CHANGING, 'pin_wrong', 'pin_locked', 'hashing_overloaded')
  async prove(
    @CurrentPrincipal() principal: Principal,
    @ContractBody(NATIVE, PinProofDto) { pin }: PinProofDto,
  ): Promise<void> {
    await this.pins.verify(principal, pin);
  }

  @Delete()
  @HttpCode(204)
  @UseGuards(PinGuard)
  @ApiOperation({ operationId: 'removePin', summary: 'Remove my PIN, which has to be proved' })
  @ApiHeader(PIN_HEADER)
  @ApiNoContentResponse({ description: 'The account has no PIN.' })
  @Refusals(NATIVE, ...CHANGING, ...WITH_PIN)
  async remove(@CurrentPrincipal() principal: Principal): Promise<void> {
    await this.pins.remove(principal);
  }
}
