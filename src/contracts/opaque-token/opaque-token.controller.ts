import { Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Client } from '../../auth/decorators/client.js';
import { CurrentPrincipal } from '../../auth/decorators/current-principal.js';
import { Public } from '../../auth/decorators/public.js';
import type { Client as ClientOfRequest, Principal } from '../../auth/door.js';
import { OpaqueTokenGuard } from '../../auth/guards/opaque-token.guard.js';
import { PasswordGuard } from '../../auth/guards/password.guard.js';
import { PasswordsService } from '../../auth/passwords.service.js';
import { RegistrationService } from '../../auth/registration.service.js';
import { SessionEndingService } from '../../auth/sessions/session-ending.service.js';
import { SignInService } from '../../auth/sign-in.service.js';
import { wordedBy } from '../../auth/worded-refusal.js';
import { BodyGuard } from '../../contract-kit/body.guard.js';
import { ContractBody, readDto } from '../../contract-kit/contract-body.js';
import { ContractController } from '../../contract-kit/contract-controller.js';
import { refusalOf } from '../../contract-kit/dto.js';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation } from '../../contract-kit/openapi.js';
import { Refusals } from '../../contract-kit/refusals.js';
import { StoreProbe } from '../../database/store-probe.js';
import type { User } from '../../users/user.entity.js';
import { BearerGuard } from './opaque-token.bearer.guard.js';
import { OPAQUE_TOKEN } from './opaque-token.contract.js';
import {
  ChangePasswordDto,
  CredentialsDto,
  HealthDto,
  JSON_STEP,
  LoginDto,
  NEW_PASSWORD_STEP,
  TokenDto,
} from './opaque-token.dto.js';

const CREDENTIALS = PasswordGuard(OPAQUE_TOKEN, async ({ body }) => {
  const credentials = await readDto(OPAQUE_TOKEN, CredentialsDto, body, JSON_STEP);
  return { identifier: credentials.username, password: credentials.password, refusal: refusalOf(credentials) };
});

/** Contract 3. */
@ContractController(OPAQUE_TOKEN)
export class OpaqueTokenController {
  constructor(
    private readonly store: StoreProbe,
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly passwords: PasswordsService,
    private readonly endings: SessionEndingService,
  ) {}

  @Get('health')
  @Public()
  @ApiOperation({ summary: 'Poll the server to see if it is running' })
  @ApiOkResponse({
    type: HealthDto,
    description: 'The server is running; `error` says that its store is not reachable.',
  })
  @Refusals({ ...OPAQUE_TOKEN, needsStore: false })
  async health(): Promise<HealthDto> {
    return { status: (await this.store.isReachable()) ? 'success' : 'error' };
  }

  @Post('register')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a new user account' })
  @ApiOkResponse({ description: 'Success' })
  @Refusals(OPAQUE_TOKEN, CredentialsDto, 'body_malformed', 'username_taken', 'too_many_attempts', 'hashing_overloaded')
  async register(
    @ContractBody(OPAQUE_TOKEN, CredentialsDto) body: CredentialsDto,
    @Client() client: ClientOfRequest,
  ): Promise<void> {
    await this.registration.register(body, client);
  }

  @Post('login')
  @UseGuards(CREDENTIALS)
  @HttpCode(200)
  @ApiOperation({ summary: 'Login to an existing user account' })
  @ApiBody({ type: LoginDto })
  @ApiOkResponse({ type: TokenDto, description: 'Success' })
  @Refusals(
    OPAQUE_TOKEN,
    CredentialsDto,
    'body_malformed',
    'account_unknown',
    'password_wrong',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async login(@CurrentPrincipal() user: User, @Client() client: ClientOfRequest): Promise<TokenDto> {
    return { token: await this.signIn.openOpaque(OPAQUE_TOKEN, user, client) };
  }

  @Post('change-password')
  @UseGuards(BearerGuard, BodyGuard(OPAQUE_TOKEN, ChangePasswordDto, NEW_PASSWORD_STEP), OpaqueTokenGuard)
  @HttpCode(200)
  @ApiBearerAuth('token')
  @ApiOperation({
    summary: 'Change the password of an existing user account',
    description: 'Ends every other session of the account.',
  })
  @ApiOkResponse({ description: 'Success' })
  @Refusals(
    OPAQUE_TOKEN,
    ChangePasswordDto,
    'body_malformed',
    'token_missing',
    'token_malformed',
    'token_forged',
    'current_password_wrong',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async changePassword(
    @CurrentPrincipal() principal: Principal,
    @ContractBody(OPAQUE_TOKEN, ChangePasswordDto, NEW_PASSWORD_STEP) body: ChangePasswordDto,
  ): Promise<void> {
    const { old_password, new_password } = body;
    await wordedBy(refusalOf(body), () => this.passwords.change(principal, old_password, new_password, 'contract'));
  }

  @Post('clear-tokens')
  @UseGuards(OpaqueTokenGuard)
  @HttpCode(200)
  @ApiBearerAuth('token')
  @ApiOperation({
    summary: 'Removes all active authentication tokens for a user account',
    description: 'This one and those of every other contract included.',
  })
  @ApiOkResponse({ description: 'Success' })
  @Refusals(OPAQUE_TOKEN, 'body_too_large', 'token_missing', 'token_malformed', 'token_forged')
  async clearTokens(@CurrentPrincipal() principal: Principal): Promise<void> {
    await this.endings.clearTokens(principal);
  }
}
