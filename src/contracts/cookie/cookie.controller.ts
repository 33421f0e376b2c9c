import { Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Client } from '../../auth/decorators/client.js';
import { CurrentPrincipal } from '../../auth/decorators/current-principal.js';
import { PinHeader } from '../../auth/decorators/pin-header.js';
import { Public } from '../../auth/decorators/public.js';
import type { Client as ClientOfRequest, Principal } from '../../auth/door.js';
import { AccessTokenGuard } from '../../auth/guards/access-token.guard.js';
import { PasswordGuard } from '../../auth/guards/password.guard.js';
import { SameOriginGuard } from '../../auth/guards/same-origin.guard.js';
import { PinsService } from '../../auth/pins.service.js';
import { RefreshService } from '../../auth/refresh.service.js';
import { RegistrationService } from '../../auth/registration.service.js';
import { SessionEndingService } from '../../auth/sessions/session-ending.service.js';
import { clearSessionCookie, sessionCookies } from '../../auth/sessions/session-cookie.js';
import { SignInService } from '../../auth/sign-in.service.js';
import { Config } from '../../config/env.js';
import { ContractBody, readDto } from '../../contract-kit/contract-body.js';
import { ContractController } from '../../contract-kit/contract-controller.js';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCookieAuth,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '../../contract-kit/openapi.js';
import { Refusals } from '../../contract-kit/refusals.js';
import type { User } from '../../users/user.entity.js';
import { COOKIE, whoIsIt } from './cookie.contract.js';
import { LoginDto, MeDto, MessageDto, PinDto, RegisterDto, SignedInDto } from './cookie.dto.js';
import { answerWithCookie } from './cookie.jar.js';
import { FreeNamesGuard } from './cookie.names.guard.js';
import { COOKIE_REFUSALS, NEW_PIN, SET_COOKIE, SIGN_IN } from './cookie.openapi.js';

const CREDENTIALS = PasswordGuard(COOKIE, async ({ body }) => {
  const { username, password1, password } = await readDto(COOKIE, LoginDto, body);
  return { identifier: username ?? '', password: password1 ?? password ?? '' };
});

const COOKIE_TOKEN = AccessTokenGuard(COOKIE);

/** Contract 2. */
@ContractController(COOKIE)
export class CookieController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly refreshing: RefreshService,
    private readonly endings: SessionEndingService,
    private readonly pins: PinsService,
    private readonly config: Config,
  ) {}

  @Post('users/register')
  @Public()
  @UseGuards(SameOriginGuard, FreeNamesGuard)
  @ApiOperation({ summary: 'Register' })
  @ApiCreatedResponse({ type: MeDto, description: 'The account is created; the user signs in next.' })
  @Refusals(
    COOKIE,
    RegisterDto,
    'body_malformed',
    'cross_site_request',
    'email_invalid',
    'username_taken',
    'email_taken',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async register(
    @ContractBody(COOKIE, RegisterDto) { username, email, password1 }: RegisterDto,
    @Client() client: ClientOfRequest,
  ): Promise<MeDto> {
    return me(await this.registration.register({ username, email, password: password1 }, client));
  }

  @Post('users/login')
  @UseGuards(SameOriginGuard, CREDENTIALS)
  @HttpCode(200)
  @ApiOperation({ summary: 'Login', description: 'Sets the cookie. By default no body holds the token.' })
  @ApiBody({ type: LoginDto, examples: SIGN_IN })
  @ApiOkResponse({ type: SignedInDto, description: 'Signed in.', headers: SET_COOKIE })
  @Refusals(
    COOKIE,
    'body_malformed',
    'cross_site_request',
    'account_unknown',
    'password_wrong',
    'too_many_attempts',
    'hashing_overloaded',
  )
  async login(
    @CurrentPrincipal() user: User,
    @Client() client: ClientOfRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedInDto> {
    return answerWithCookie(reply, this.config, await this.signIn.open(COOKIE, user, client));
  }

  @Post('users/logout')
  @UseGuards(SameOriginGuard, COOKIE_TOKEN)
  @HttpCode(204)
  @ApiCookieAuth('cookie')
  @ApiBearerAuth('bearer')
  @ApiOperation({ summary: 'Logout', description: 'Ends the session and clears the cookie.' })
  @ApiNoContentResponse({ description: 'Signed out.', headers: SET_COOKIE })
  @Refusals(COOKIE, ...COOKIE_REFUSALS, 'body_too_large', 'cross_site_request')
  async logout(
    @CurrentPrincipal() principal: Principal,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.endings.signOutOfCookies(principal, sessionCookies(headers, this.config));
    clearSessionCookie(reply, this.config);
  }

  @Get('protected/me')
  @UseGuards(COOKIE_TOKEN)
  @ApiCookieAuth('cookie')
  @ApiBearerAuth('bearer')
  @ApiOperation({ summary: 'Me', description: 'The information contained in the token.' })
  @ApiOkResponse({ type: MeDto, description: 'Who the cookie speaks for.' })
  @Refusals(COOKIE, ...COOKIE_REFUSALS)
  me(@CurrentPrincipal() principal: Principal): MeDto {
    return whoIsIt(principal);
  }

  @Post('protected/refresh_token')
  @UseGuards(SameOriginGuard, COOKIE_TOKEN)
  @HttpCode(200)
  @ApiCookieAuth('cookie')
  @ApiBearerAuth('bearer')
  @ApiOperation({ summary: 'Refresh Token', description: 'Sets a fresh cookie.' })
  @ApiOkResponse({ type: SignedInDto, description: 'The cookie is a fresh one.', headers: SET_COOKIE })
  @Refusals(COOKIE, ...COOKIE_REFUSALS, 'body_too_large', 'cross_site_request')
  async refresh(
    @CurrentPrincipal() { sessionId }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedInDto> {
    return answerWithCookie(reply, this.config, await this.refreshing.renew(COOKIE, sessionId));
  }

  @Post('protected/pin')
  @UseGuards(SameOriginGuard, COOKIE_TOKEN)
  @HttpCode(200)
  @ApiCookieAuth('cookie')
  @ApiBearerAuth('bearer')
  @ApiHeader({ name: 'X-Pin', required: false, description: 'The present PIN, to change it long after signing in.' })
  @ApiOperation({ summary: 'Set Pin' })
  @ApiBody({ type: PinDto, examples: NEW_PIN })
  @ApiOkResponse({ type: MessageDto, description: 'The PIN is set.' })
  @Refusals(
    COOKIE,
    PinDto,
    ...COOKIE_REFUSALS,
    'body_malformed',
    'cross_site_request',
    'pin_proof_required',
    'pin_wrong',
    'pin_locked',
    'hashing_overloaded',
  )
  async setPin(
    @CurrentPrincipal() principal: Principal,
    @ContractBody(COOKIE, PinDto) { pin, current_pin }: PinDto,
    @PinHeader() pinHeader: string | undefined,
  ): Promise<MessageDto> {
    await this.pins.set(principal, pin, pinHeader ?? (current_pin || undefined));
    return { message: 'pin set' };
  }
}

function me({ id, username, isAdmin }: User): MeDto {
  return { id, username: username ?? '', is_admin: isAdmin };
}
