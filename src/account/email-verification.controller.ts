import { Controller, Get, Header, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { Client } from '../auth/decorators/client.js';
import { Public } from '../auth/decorators/public.js';
import type { Client as ClientOfRequest } from '../auth/door.js';
import { EmailLinksService } from '../auth/by-mail/email-links.service.js';
import { EmailVerificationService } from '../auth/by-mail/email-verification.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiForbiddenResponse,
  ApiGoneResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { EmailLinkFilter } from './email-link.filter.js';
import { confirmationPage, confirmedPage } from './email-pages.js';
import { FORM_JSON_OR_NOTHING, LinkConfirmationDto, LinkRequestDto } from './email.dto.js';
import { LINK_TOKEN, PAGE } from './link-route.js';
import { HTML } from '../contract-kit/page.js';

const ASKED = {
  description: 'The page again: the password is missing or wrong, and the link is still good.',
  content: PAGE,
};

/** The page behind a mailed link, and the way to another link. The page works without script. */
@Controller('verify')
@ApiTags('e-mail verification')
@Public()
export class EmailVerificationController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly links: EmailLinksService,
  ) {}

  @Post('resend')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'resendLink',
    summary: 'Mail another verification link; answers alike whether there is such an account or not',
  })
  @ApiAcceptedResponse({ description: 'If there is an account with that address to verify, a link is mailed.' })
  @Refusals(NATIVE, LinkRequestDto, 'body_malformed')
  async resend(
    @ContractBody(NATIVE, LinkRequestDto) { email }: LinkRequestDto,
    @Client() client: ClientOfRequest,
  ): Promise<void> {
    await this.verification.resend(email, client);
  }

  @Get(':token')
  @UseFilters(EmailLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'showLink',
    summary: 'The page of a mailed link; looking at it does not use the link up',
  })
  @ApiParam(LINK_TOKEN)
  @ApiOkResponse({ description: 'A page with a button that confirms.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @Refusals(NATIVE)
  async page(@Param('token') token: string): Promise<string> {
    return confirmationPage(await this.links.show(token));
  }

  @Post(':token')
  @HttpCode(200)
  @UseFilters(EmailLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'confirmLink',
    summary: 'Confirm the address of a mailed link, as the button of its page does',
    description:
      'Where other accounts claim the address too, the password of the account of the link is asked for. The address is taken from the others.',
  })
  @ApiParam(LINK_TOKEN)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data')
  @ApiBody({ type: LinkConfirmationDto, required: false })
  @ApiOkResponse({ description: 'A page that says that the address is confirmed.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @ApiForbiddenResponse(ASKED)
  @Refusals(NATIVE, LinkConfirmationDto, 'body_malformed', 'too_many_attempts', 'hashing_overloaded')
  async confirm(
    @Param('token') token: string,
    @ContractBody(FORM_JSON_OR_NOTHING, LinkConfirmationDto) { password }: LinkConfirmationDto,
    @Client() client: ClientOfRequest,
  ): Promise<string> {
    return confirmedPage(await this.links.confirm(token, password, client));
  }
}
