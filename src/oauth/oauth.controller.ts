import { Controller, Header, HttpCode, Post, UseFilters, UseGuards } from '@nestjs/common';
import { TokenIntrospectionService } from '../auth/tokens/token-introspection.service.js';
import { TokenRevocationService } from '../auth/tokens/token-revocation.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import {
  ApiBearerAuth,
  ApiConsumes,
  ApiOAuth2,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { hasScope, type ServiceCaller } from './client-authentication.service.js';
import { ClientCredentialsService } from './client-credentials.service.js';
import { IntrospectionDto, introspectionOf } from './introspection.dto.js';
import { FORM, OAUTH } from './oauth.js';
import { AboutTokenDto, TokenDto, TokenRequestDto } from './oauth.dto.js';
import { exampleOf } from './oauth-error.js';
import { OAuthErrorFilter } from './oauth-error.filter.js';
import { Caller, ServiceClientGuard } from './service-client.guard.js';

const MALFORMED = [
  exampleOf('form_required'),
  exampleOf('parameter_repeated'),
  exampleOf('authentication_ambiguous'),
  'request_malformed',
  'body_too_large',
  'media_type_unsupported',
] as const;
const UNAUTHENTICATED = [exampleOf('client_missing'), exampleOf('client_wrong'), 'too_many_attempts'] as const;
const UNAUTHORIZED = [...UNAUTHENTICATED, exampleOf('client_token_wrong'), exampleOf('scope_insufficient')] as const;

/** Tokens for services, and what services ask about the tokens that they are shown. */
@Controller('oauth')
@ApiTags('oauth')
@UseFilters(OAuthErrorFilter)
export class OAuthController {
  constructor(
    private readonly credentials: ClientCredentialsService,
    private readonly introspection: TokenIntrospectionService,
    private readonly revocation: TokenRevocationService,
  ) {}

  @Post('token')
  @HttpCode(200)
  @Header('pragma', 'no-cache')
  @UseGuards(ServiceClientGuard())
  @ApiOperation({ operationId: 'issueToken', summary: 'An access token for a service client (RFC 6749 §4.4)' })
  @ApiSecurity('client')
  @ApiConsumes(FORM)
  @ApiOkResponse({ type: TokenDto })
  @Refusals(
    OAUTH,
    TokenRequestDto,
    ...MALFORMED,
    exampleOf('grant_type_unsupported'),
    exampleOf('scope_invalid'),
    ...UNAUTHENTICATED,
  )
  token(
    @Caller() caller: ServiceCaller,
    @ContractBody(OAUTH, TokenRequestDto) request: TokenRequestDto,
  ): Promise<TokenDto> {
    return this.credentials.issue(caller, request);
  }

  @Post('introspect')
  @HttpCode(200)
  @UseGuards(ServiceClientGuard('introspect'))
  @ApiOperation({ operationId: 'introspectToken', summary: 'What a token of any contract is worth (RFC 7662)' })
  @ApiSecurity('client')
  @ApiOAuth2(['introspect'], 'oauth2')
  @ApiBearerAuth('bearer')
  @ApiConsumes(FORM)
  @ApiOkResponse({ type: IntrospectionDto })
  @Refusals(OAUTH, AboutTokenDto, ...MALFORMED, ...UNAUTHORIZED)
  async introspect(
    @Caller() caller: ServiceCaller,
    @ContractBody(OAUTH, AboutTokenDto) { token }: AboutTokenDto,
  ): Promise<IntrospectionDto> {
    return introspectionOf(await this.introspection.introspect(token, hasScope(caller, 'introspect:refresh')));
  }

  @Post('revoke')
  @HttpCode(200)
  @UseGuards(ServiceClientGuard('revoke'))
  @ApiOperation({ operationId: 'revokeToken', summary: 'End the session of a token, at once (RFC 7009)' })
  @ApiSecurity('client')
  @ApiOAuth2(['revoke'], 'oauth2')
  @ApiBearerAuth('bearer')
  @ApiConsumes(FORM)
  @ApiOkResponse({ description: 'Whatever the token was, it does not count any more.' })
  @Refusals(OAUTH, AboutTokenDto, ...MALFORMED, 'token_type_wrong', ...UNAUTHORIZED)
  async revoke(
    @Caller() { id, from }: ServiceCaller,
    @ContractBody(OAUTH, AboutTokenDto) { token }: AboutTokenDto,
  ): Promise<void> {
    await this.revocation.revoke(token, { actor: id, from });
  }
}
