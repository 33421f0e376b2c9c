import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { EmailChangeService } from '../auth/by-mail/email-change.service.js';
import { PinGuard } from '../auth/guards/pin.guard.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOperation } from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { CHANGING, ForAccounts, PIN_HEADER, WITH_PIN } from './account-route.js';
import { EmailChangeDto } from './email.dto.js';

/** The e-mail address of my account. */
@Controller('account/email')
@ForAccounts()
export class EmailChangeController {
  constructor(private readonly changing: EmailChangeService) {}

  @Post()
  @HttpCode(202)
  @UseGuards(PinGuard)
  @ApiOperation({
    operationId: 'changeEmail',
    summary: 'Set or change my e-mail address; answers alike whether somebody has it or not',
    description:
      'The address counts once the link is confirmed that is mailed to it; until then the account keeps its own.',
  })
  @ApiHeader(PIN_HEADER)
  @ApiBody({ type: EmailChangeDto })
  @ApiAcceptedResponse({ description: 'If the address is free, a link is mailed to it.' })
  @Refusals(
    NATIVE,
    EmailChangeDto,
    'body_malformed',
    ...CHANGING,
    ...WITH_PIN,
    'email_invalid',
    'current_password_wrong',
    'too_many_attempts',
  )
  async request(
    @CurrentPrincipal() principal: Principal,
    @ContractBody(NATIVE, EmailChangeDto) { email, password }: EmailChangeDto,
  ): Promise<void> {
    await this.changing.request(principal, email, password);
  }
}
