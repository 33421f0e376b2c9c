import { Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Client } from '../../auth/decorators/client.js';
import { CurrentPrincipal } from '../../auth/decorators/current-principal.js';
import { Public } from '../../auth/decorators/public.js';
import type { Client as ClientOfRequest, Principal } from '../../auth/door.js';
import { type Grant } from '../../auth/grant.js';
import { AccessTokenGuard } from '../../auth/guards/access-token.guard.js';
import { PasswordGuard } from '../../auth/guards/password.guard.js';
import { RefreshService } from '../../auth/refresh.service.js';
import { RegistrationService } from '../../auth/registration.service.js';
import { SignInService } from '../../auth/sign-in.service.js';
import { ContractBody, readDto } from '../../contract-kit/contract-body.js';
import { ContractController } from '../../contract-kit/contract-controller.js';
import { refusalOf } from '../../contract-kit/dto.js';
import { ApiBody, ApiOkResponse, ApiOperation, ApiSecurity } from '../../contract-kit/openapi.js';
import { Refusals } from '../../contract-kit/refusals.js';
import { SharedRegistration } from '../../contract-kit/shared-registration.js';
import type { User } from '../../users/user.entity.js';
import { BARE_TOKEN } from './bare-token.contract.js';
import { AuthTokenDto, CredentialsDto, FILLED_STEP } from './bare-token.dto.js';

const CREDENTIALS = PasswordGuard(BARE_TOKEN, async ({ body }) => {
  const credentials = await readDto(BARE_TOKEN, CredentialsDto, body, FILLED_STEP);
  return { identifier: credentials.username, password: credentials.password, refusal: refusalOf(credentials) };
});

/** Contract 0. */
@ContractController(BARE_TOKEN)
export class BareTokenController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly refreshing: RefreshService,
  ) {}

  @Post('auth/register')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Creating a new user' })
  @ApiOkResponse({ type: AuthTokenDto, description: 'The account has successfully been created.' })
  @SharedRegistration(BARE_TOKEN)
  @Refusals(
    BARE_TOKEN,
    CredentialsDto,
    'body_malformed',
    'auth_contract_unknown',
    'username_taken',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async register(
    @ContractBody(BARE_TOKEN, CredentialsDto) body: CredentialsDto,
    @Client() client: ClientOfRequest,
  ): Promise<AuthTokenDto> {
    return answer(await this.registration.registerAndSignIn(BARE_TOKEN, body, client));
  }

  @Post('auth/login')
  @UseGuards(CREDENTIALS)
  @HttpCode(200)
  @ApiOperation({ summary: 'Logging into your account' })
  @ApiBody({ type: CredentialsDto })
  @ApiOkResponse({ type: AuthTokenDto, description: 'The account login was successful.' })
  @Refusals(
    BARE_TOKEN,
    CredentialsDto,
    'body_malformed',
    'account_unknown',
    'password_wrong',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async login(@CurrentPrincipal() user: User, @Client() client: ClientOfRequest): Promise<AuthTokenDto> {
    return answer(await this.signIn.open(BARE_TOKEN, user, client));
  }

  @Get('auth/refresh')
  @UseGuards(AccessTokenGuard(BARE_TOKEN))
  @ApiSecurity('authToken')
  @ApiOperation({ summary: 'Refreshing your Token' })
  @ApiOkResponse({ type: AuthTokenDto, description: 'The account login was successful.' })
  @Refusals(BARE_TOKEN, 'token_missing', 'token_expired', 'token_forged', 'token_revoked')
  async refresh(@CurrentPrincipal() { sessionId }: Principal): Promise<AuthTokenDto> {
    return answer(await this.refreshing.renew(BARE_TOKEN, sessionId));
  }
}

async function answer(grant: Grant): Promise<AuthTokenDto> {
  return { authToken: await grant.accessToken() };
}
