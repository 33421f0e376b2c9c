import { Controller, Get, Header, HttpCode, Param, Post, UseFilters, UseInterceptors } from '@nestjs/common';
import { Client } from '../auth/decorators/client.js';
import { Public } from '../auth/decorators/public.js';
import type { Client as ClientOfRequest } from '../auth/door.js';
import { PasswordResetService } from '../auth/by-mail/password-reset.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE, ProblemDto } from '../contract-kit/native.js';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiBody,
  ApiConsumes,
  ApiGoneResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { LinkRequestDto } from './email.dto.js';
import { LINK_TOKEN, PAGE } from './link-route.js';
import { HTML } from '../contract-kit/page.js';
import { FORM_OR_JSON, LINK_REQUEST, NewPasswordDto } from './password-reset.dto.js';
import { PasswordResetFilter } from './password-reset.filter.js';
import { linkRequestPage, newPasswordPage, passwordSetPage } from './password-reset-pages.js';
import { RequestedPage } from './requested-page.interceptor.js';

const REFUSED = {
  description: 'A page with the form again: the password is not acceptable, and the link is still good.',
  content: { ...PAGE, 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
};

/** A mailed link to a new password, and the page behind it, which works without script. */
@Controller('password-reset')
@ApiTags('password reset')
@Public()
export class PasswordResetController {
  constructor(private readonly resetting: PasswordResetService) {}

  @Get()
  @Header('content-type', HTML)
  @ApiOperation({ operationId: 'beginPasswordReset', summary: 'The page to ask for a link to a new password' })
  @ApiOkResponse({ description: 'A page with a form for the address.', content: PAGE })
  @Refusals({ ...NATIVE, needsStore: false })
  begin(): string {
    return linkRequestPage();
  }

  @Post()
  @HttpCode(202)
  @UseInterceptors(RequestedPage)
  @ApiOperation({
    operationId: 'requestPasswordReset',
    summary: 'Mail a link to a new password; answers alike whether there is such an account or not',
  })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data')
  @ApiBody({ type: LinkRequestDto })
  @ApiOkResponse({ description: 'The answer to a form: a page that says the same.', content: PAGE })
  @ApiAcceptedResponse({ description: 'If there is an account with that address, a link is mailed.' })
  @Refusals(NATIVE, LinkRequestDto, 'body_malformed')
  async request(
    @ContractBody(LINK_REQUEST, LinkRequestDto) { email }: LinkRequestDto,
    @Client() client: ClientOfRequest,
  ): Promise<void> {
    await this.resetting.request(email, client);
  }

  @Get(':token')
  @UseFilters(PasswordResetFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'showPasswordReset',
    summary: 'The page of a mailed link; looking at it does not use the link up',
  })
  @ApiParam(LINK_TOKEN)
  @ApiOkResponse({ description: 'A page with a form for the new password.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @Refusals(NATIVE)
  async page(@Param('token') token: string): Promise<string> {
    return newPasswordPage(await this.resetting.questionOf(token));
  }

  @Post(':token')
  @HttpCode(200)
  @UseFilters(PasswordResetFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Set a new password by a mailed link, as the form of its page does',
    description: 'Ends every session of the account, and verifies its e-mail address.',
  })
  @ApiParam(LINK_TOKEN)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data')
  @ApiBody({ type: NewPasswordDto })
  @ApiOkResponse({ description: 'A page that says that the password is set.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @ApiBadRequestResponse(REFUSED)
  @Refusals(NATIVE, NewPasswordDto, 'body_malformed', 'hashing_overloaded')
  async reset(
    @Param('token') token: string,
    @ContractBody(FORM_OR_JSON, NewPasswordDto) { password }: NewPasswordDto,
    @Client() client: ClientOfRequest,
  ): Promise<string> {
    await this.resetting.reset(token, password, client);
    return passwordSetPage();
  }
}
