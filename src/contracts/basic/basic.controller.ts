import { HttpCode, Post, UseGuards } from '@nestjs/common';
import { Client } from '../../auth/decorators/client.js';
import { CurrentPrincipal } from '../../auth/decorators/current-principal.js';
import { Public } from '../../auth/decorators/public.js';
import type { Client as ClientOfRequest, RefreshPrincipal } from '../../auth/door.js';
import type { Grant } from '../../auth/grant.js';
import { PasswordGuard } from '../../auth/guards/password.guard.js';
import { RefreshTokenGuard } from '../../auth/guards/refresh-token.guard.js';
import { RefreshService } from '../../auth/refresh.service.js';
import { RegistrationService } from '../../auth/registration.service.js';
import { SignInService } from '../../auth/sign-in.service.js';
import { ContractBody } from '../../contract-kit/contract-body.js';
import { ContractController } from '../../contract-kit/contract-controller.js';
import { ApiBasicAuth, ApiBearerAuth, ApiConsumes, ApiOkResponse, ApiOperation } from '../../contract-kit/openapi.js';
import { Refusals } from '../../contract-kit/refusals.js';
import type { User } from '../../users/user.entity.js';
import { BASIC } from './basic.contract.js';
import { basicCredentials } from './basic.credentials.js';
import { RefreshedDto, RegisterDto, TokensDto } from './basic.dto.js';

const REGISTERED: TokensDto = {
  message: 'Account registered for john@doe.com',
  access_token: '<access_token>',
  refresh_token: '<refresh_token>',
  statusCode: 200,
};

/** Contract 4. */
@ContractController(BASIC)
export class BasicController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly refreshing: RefreshService,
  ) {}

  @Post('api/v1.0/login')
  @UseGuards(PasswordGuard(BASIC, basicCredentials))
  @HttpCode(200)
  @ApiBasicAuth('basic')
  @ApiOperation({ summary: 'Login with HTTP Basic Authorization' })
  @ApiOkResponse({ type: TokensDto, description: 'Signed in.' })
  @Refusals(
    BASIC,
    'body_too_large',
    'credentials_malformed',
    'account_unknown',
    'password_wrong',
    'email_unverified',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async login(@CurrentPrincipal() user: User, @Client() client: ClientOfRequest): Promise<TokensDto> {
    return tokens('Login for', 'succesful', await this.signIn.open(BASIC, user, client));
  }

  @Post('api/v1.0/register')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Register', description: 'The e-mail address must be verified before the account is used.' })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data')
  @ApiOkResponse({
    type: TokensDto,
    description: 'The account is created, and a link mailed to verify it.',
    example: REGISTERED,
  })
  @Refusals(
    BASIC,
    RegisterDto,
    'body_malformed',
    'email_invalid',
    'email_taken',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async register(
    @ContractBody(BASIC, RegisterDto) body: RegisterDto,
    @Client() client: ClientOfRequest,
  ): Promise<TokensDto> {
    return tokens('Account registered for', '', await this.registration.registerAndSignIn(BASIC, body, client));
  }

  @Post('api/v1.0/refresh')
  @UseGuards(RefreshTokenGuard(BASIC))
  @HttpCode(200)
  @ApiBearerAuth('refresh')
  @ApiOperation({ summary: 'A fresh access token for a refresh token passed as an authorization header' })
  @ApiOkResponse({ type: RefreshedDto, description: 'A fresh access token.' })
  @Refusals(
    BASIC,
    'body_too_large',
    'token_missing',
    'token_expired',
    'token_revoked',
    'token_account_pending',
    'token_header_malformed',
    'token_malformed',
    'token_forged',
    'token_type_wrong',
  )
  async refresh(@CurrentPrincipal() { sessionId }: RefreshPrincipal): Promise<RefreshedDto> {
    return refreshed(await this.refreshing.renew(BASIC, sessionId));
  }
}

async function tokens(before: string, after: string, grant: Grant): Promise<TokensDto> {
  return {
    message: `${before} ${grant.subject.email} ${after}`.trim(),
    access_token: await grant.accessToken(),
    refresh_token: grant.refreshToken(),
    statusCode: 200,
  };
}

async function refreshed(grant: Grant): Promise<RefreshedDto> {
  const access_token = await grant.accessToken();
  return { message: 'Success', access_token, email: grant.subject.email ?? '', statusCode: 200 };
}
