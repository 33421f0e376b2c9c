import { Body, Get, HttpCode, type PipeTransform, Post, UseGuards } from '@nestjs/common';
import { Client } from '../../auth/decorators/client.js';
import { CurrentPrincipal } from '../../auth/decorators/current-principal.js';
import { Public } from '../../auth/decorators/public.js';
import type { Client as ClientOfRequest, Principal, RefreshPrincipal } from '../../auth/door.js';
import type { Grant } from '../../auth/grant.js';
import { AccessTokenGuard } from '../../auth/guards/access-token.guard.js';
import { PasswordGuard } from '../../auth/guards/password.guard.js';
import { RefreshTokenGuard } from '../../auth/guards/refresh-token.guard.js';
import { RefreshService } from '../../auth/refresh.service.js';
import { RegistrationService } from '../../auth/registration.service.js';
import { SessionEndingService } from '../../auth/sessions/session-ending.service.js';
import { SignInService } from '../../auth/sign-in.service.js';
import { TokenVerificationService } from '../../auth/tokens/token-verification.service.js';
import type { RawBody } from '../../contract-kit/body.js';
import { ContractBody, readDto } from '../../contract-kit/contract-body.js';
import { ContractController } from '../../contract-kit/contract-controller.js';
import { refusalOf, toDto } from '../../contract-kit/dto.js';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
} from '../../contract-kit/openapi.js';
import { Refusals } from '../../contract-kit/refusals.js';
import { SharedRegistration } from '../../contract-kit/shared-registration.js';
import type { User } from '../../users/user.entity.js';
import { TOKEN_PAIR, whoIsIt } from './token-pair.contract.js';
import {
  CredentialsDto,
  NothingDto,
  RefreshDto,
  RefreshOrVerifyDto,
  TEXT_STEP,
  TokenPairDto,
  UsernameDto,
  VerifyDto,
} from './token-pair.dto.js';
import { REFRESH_ANSWERS, REFRESH_BODIES } from './token-pair.openapi.js';
import { RefreshOrVerifyGuard } from './token-pair.refresh.guard.js';

const BODY_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

const CREDENTIALS = PasswordGuard(TOKEN_PAIR, async ({ body }) => {
  const credentials = await readDto(TOKEN_PAIR, CredentialsDto, body, TEXT_STEP);
  return { identifier: credentials.username, password: credentials.password, refusal: refusalOf(credentials) };
});

/** Takes `refresh` in the place of `token`. */
const READ_TOKEN: PipeTransform = {
  transform: async (body: RawBody | undefined) => {
    const { token, refresh } = await TOKEN_PAIR.readFields(body);
    return toDto(VerifyDto, { token: token === undefined ? refresh : token });
  },
};

/** Contract 1. */
@ContractController(TOKEN_PAIR)
export class TokenPairController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly refreshing: RefreshService,
    private readonly verification: TokenVerificationService,
    private readonly endings: SessionEndingService,
  ) {}

  @Post('auth/token')
  @UseGuards(CREDENTIALS)
  @HttpCode(200)
  @ApiOperation({ summary: 'Login or Get Access Token' })
  @ApiConsumes(...BODY_TYPES)
  @ApiBody({ type: CredentialsDto })
  @ApiOkResponse({ type: TokenPairDto, description: 'Signed in.' })
  @Refusals(
    TOKEN_PAIR,
    CredentialsDto,
    'body_malformed',
    'account_unknown',
    'password_wrong',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async token(@CurrentPrincipal() user: User, @Client() client: ClientOfRequest): Promise<TokenPairDto> {
    return pair(await this.signIn.open(TOKEN_PAIR, user, client));
  }

  @Post('auth/token/refresh')
  @UseGuards(RefreshOrVerifyGuard)
  @HttpCode(200)
  @ApiOperation({
    summary: 'Refresh access token using refresh-token',
    description: 'With `token` and without `refresh` it verifies, as the document prints it, and answers `{}`.',
  })
  @ApiConsumes(...BODY_TYPES)
  @ApiBody({ type: RefreshOrVerifyDto, examples: REFRESH_BODIES })
  @ApiExtraModels(TokenPairDto, NothingDto)
  @ApiOkResponse(REFRESH_ANSWERS)
  @Refusals(TOKEN_PAIR, RefreshDto, 'body_malformed', 'token_forged', 'token_type_wrong', 'refresh_token_reused')
  async refresh(@CurrentPrincipal() principal: RefreshPrincipal | undefined): Promise<TokenPairDto | object> {
    return principal ? pair(await this.refreshing.exchange(TOKEN_PAIR, principal)) : {};
  }

  @Post('auth/token/verify')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Verify access token', description: 'Takes refresh tokens too.' })
  @ApiConsumes(...BODY_TYPES)
  @ApiBody({ type: VerifyDto })
  @ApiOkResponse({ type: NothingDto, description: 'The token is valid.' })
  @Refusals(TOKEN_PAIR, VerifyDto, 'body_malformed', 'token_not_valid')
  async verify(@Body(READ_TOKEN) { token }: VerifyDto): Promise<object> {
    await this.verification.verify(TOKEN_PAIR, token);
    return {};
  }

  @Post('auth/token/blacklist')
  @UseGuards(RefreshTokenGuard(TOKEN_PAIR))
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign out by a refresh token', description: 'Ends its session, as SimpleJWT does.' })
  @ApiConsumes(...BODY_TYPES)
  @ApiBody({ type: RefreshDto })
  @ApiOkResponse({ type: NothingDto, description: 'The session is ended.' })
  @Refusals(TOKEN_PAIR, RefreshDto, 'body_malformed', 'token_forged', 'token_type_wrong', 'refresh_token_reused')
  async blacklist(@CurrentPrincipal() principal: RefreshPrincipal): Promise<object> {
    await this.endings.signOutByRefreshToken(TOKEN_PAIR, principal);
    return {};
  }

  @Post('auth/register')
  @Public()
  @ApiOperation({ summary: 'Register and get access tokens' })
  @ApiConsumes(...BODY_TYPES)
  @SharedRegistration(TOKEN_PAIR)
  @ApiCreatedResponse({ type: TokenPairDto, description: 'The account is created, and signed in.' })
  @Refusals(TOKEN_PAIR, CredentialsDto, 'body_malformed', 'username_taken', 'too_many_attempts', 'hashing_overloaded')
  async register(
    @ContractBody(TOKEN_PAIR, CredentialsDto) body: CredentialsDto,
    @Client() client: ClientOfRequest,
  ): Promise<TokenPairDto> {
    return pair(await this.registration.registerAndSignIn(TOKEN_PAIR, body, client));
  }

  @Get('auth/getuser')
  @UseGuards(AccessTokenGuard(TOKEN_PAIR))
  @ApiBearerAuth('access')
  @ApiOperation({ summary: 'Get user' })
  @ApiOkResponse({ type: UsernameDto, description: 'Who the access token speaks for.' })
  @Refusals(
    { ...TOKEN_PAIR, expected: 'access token' },
    'token_missing',
    'token_header_malformed',
    'token_forged',
    'token_type_wrong',
    'token_account_gone',
    'token_account_deactivated',
  )
  getUser(@CurrentPrincipal() principal: Principal): UsernameDto {
    return whoIsIt(principal);
  }
}

async function pair(grant: Grant): Promise<TokenPairDto> {
  const access = await grant.accessToken();
  return { refresh: grant.refreshToken(), access };
}
