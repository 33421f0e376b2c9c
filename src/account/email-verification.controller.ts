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
  ApiGoneResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { DeadLinkFilter } from './dead-link.filter.js';
import { confirmationPage, confirmedPage } from './email-pages.js';
import { LinkRequestDto } from './email.dto.js';
import { LINK_TOKEN, PAGE } from './link-route.js';
import { HTML } from './page.js';

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
  @UseFilters(DeadLinkFilter)
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
    return confirmationPage(await this.links.addressOf(token));
  }

  @Post(':token')
  @HttpCode(200)
  @UseFilters(DeadLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'confirmLink',
    summary: 'Confirm the address of a mailed link, as the button of its page does',
  })
  @ApiParam(LINK_TOKEN)
  @ApiOkResponse({ description: 'A page that says that the address is confirmed.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @Refusals(NATIVE)
  async confirm(@Param('token') token: string, @Client() client: ClientOfRequest): Promise<string> {
    return confirmedPage(await this.links.confirm(token, client));
  }
}
