import { Controller, HttpCode, Post } from '@nestjs/common';
import { AdministrationService } from '../auth/administration/administration.service.js';
import { HelpDeskService } from '../auth/administration/help-desk.service.js';
import { operatorOf } from '../auth/administration/operator.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ACCOUNT_ID, AccountId, ADMIN_CHANGING, ForAdmins } from './admin-route.js';
import { AccountEmailDto } from './help-desk.dto.js';
import { UserDto, userDto } from './user.dto.js';

/** What administrators do for people who cannot get in. */
@Controller('admin/users/:id')
@ForAdmins()
export class HelpDeskController {
  constructor(
    private readonly helpDesk: HelpDeskService,
    private readonly administration: AdministrationService,
  ) {}

  @Post('email')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'setUserEmail',
    summary: 'Give an account another e-mail address',
    description: 'The previous address is notified if it was verified, and its links no longer work. No session ends.',
  })
  @ApiParam(ACCOUNT_ID)
  @ApiBody({ type: AccountEmailDto })
  @ApiOkResponse({ type: UserDto, description: 'The account as it is then.' })
  @Refusals(
    NATIVE,
    AccountEmailDto,
    'body_malformed',
    ...ADMIN_CHANGING,
    'account_not_found',
    'account_closed',
    'email_invalid',
    'email_taken',
    'too_many_attempts',
  )
  async setEmail(
    @CurrentPrincipal() admin: Principal,
    @AccountId() id: number,
    @ContractBody(NATIVE, AccountEmailDto) { email, email_verified = false }: AccountEmailDto,
  ): Promise<UserDto> {
    await this.helpDesk.setEmail(operatorOf(admin), id, email, email_verified);
    return userDto(await this.administration.show(id));
  }

  @Post('password-reset')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'mailUserPasswordReset',
    summary: 'Mail an account a link to set a new password',
    description: 'The password works until then. To end it and every session now, use `force_password_reset`.',
  })
  @ApiParam(ACCOUNT_ID)
  @ApiAcceptedResponse({ description: 'The mail is on its way.' })
  @Refusals(NATIVE, ...ADMIN_CHANGING, 'account_not_found', 'email_missing', 'account_closed', 'too_many_attempts')
  async mailResetLink(@CurrentPrincipal() admin: Principal, @AccountId() id: number): Promise<void> {
    await this.helpDesk.mailResetLink(operatorOf(admin), id);
  }

  @Post('unlock-pin')
  @HttpCode(204)
  @ApiOperation({ operationId: 'unlockUserPin', summary: 'Let the PIN of an account be tried again at once' })
  @ApiParam(ACCOUNT_ID)
  @ApiNoContentResponse({ description: 'No failed try of the PIN counts any more.' })
  @Refusals(NATIVE, ...ADMIN_CHANGING, 'account_not_found', 'pin_missing')
  async unlockPin(@CurrentPrincipal() admin: Principal, @AccountId() id: number): Promise<void> {
    await this.helpDesk.unlockPin(operatorOf(admin), id);
  }

  @Post('clear-budgets')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'clearUserBudgets',
    summary: 'Forget the failed tries of an account',
    description:
      'Those under its names from everywhere, those in a row, those of its PIN, and those of the networks that it signed in from lately.',
  })
  @ApiParam(ACCOUNT_ID)
  @ApiNoContentResponse({ description: 'Nothing that was tried counts any more.' })
  @Refusals(NATIVE, ...ADMIN_CHANGING, 'account_not_found')
  async clearBudgets(@CurrentPrincipal() admin: Principal, @AccountId() id: number): Promise<void> {
    await this.helpDesk.clearBudgets(operatorOf(admin), id);
  }
}
