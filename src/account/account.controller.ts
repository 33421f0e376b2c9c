import { Controller, Delete, Get, HttpCode, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { AccountErasureService } from '../auth/account/account-erasure.service.js';
import { AccountProfileService } from '../auth/account/account-profile.service.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { PinGuard } from '../auth/guards/pin.guard.js';
import { PasswordsService } from '../auth/passwords.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiBody, ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '../contract-kit/openapi.js';
import { AnyQuery } from '../contract-kit/read-parts.js';
import { Refusals } from '../contract-kit/refusals.js';
import { CHANGING, ForAccounts, PIN_HEADER, READING, WITH_PIN } from './account-route.js';
import { CookieReturn } from './cookie-return.interceptor.js';
import { ErasureDto, PasswordChangeDto } from './credentials.dto.js';
import { ProfileDto, profileDto } from './profile.dto.js';

/** My account, whatever contract my token is of. */
@Controller('account')
@ForAccounts()
export class AccountController {
  constructor(
    private readonly profiles: AccountProfileService,
    private readonly passwords: PasswordsService,
    private readonly erasure: AccountErasureService,
  ) {}

  @Get()
  @AnyQuery()
  @ApiOperation({ operationId: 'showAccount', summary: 'My account, and the session that asks' })
  @ApiOkResponse({ type: ProfileDto, description: 'My account.' })
  @Refusals(NATIVE, ...READING)
  async show(@CurrentPrincipal() principal: Principal): Promise<ProfileDto> {
    return profileDto(await this.profiles.of(principal), principal);
  }

  @Post('password')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change my password',
    description: 'Ends every other session of the account; the one that asks goes on.',
  })
  @ApiBody({ type: PasswordChangeDto })
  @ApiNoContentResponse({ description: 'The password is changed.' })
  @Refusals(
    NATIVE,
    PasswordChangeDto,
    'body_malformed',
    'password_invalid',
    ...CHANGING,
    'current_password_wrong',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async changePassword(
    @CurrentPrincipal() principal: Principal,
    @ContractBody(NATIVE, PasswordChangeDto) { old_password, new_password }: PasswordChangeDto,
  ): Promise<void> {
    await this.passwords.change(principal, old_password, new_password, 'native');
  }

  @Delete()
  @AnyQuery()
  @HttpCode(204)
  @UseGuards(PinGuard)
  @UseInterceptors(CookieReturn)
  @ApiOperation({
    operationId: 'eraseAccount',
    summary: 'Erase my account',
    description: 'Its names are free again at once. What the audit trail keeps is its id.',
  })
  @ApiHeader(PIN_HEADER)
  @ApiBody({ type: ErasureDto })
  @ApiNoContentResponse({ description: 'The account is gone, and every token of it.' })
  @Refusals(
    NATIVE,
    ErasureDto,
    'body_malformed',
    ...CHANGING,
    ...WITH_PIN,
    'current_password_wrong',
    'last_admin',
    'too_many_attempts',
  )
  async erase(
    @CurrentPrincipal() principal: Principal,
    @ContractBody(NATIVE, ErasureDto) { password }: ErasureDto,
  ): Promise<void> {
    await this.erasure.erase(principal, password);
  }
}
