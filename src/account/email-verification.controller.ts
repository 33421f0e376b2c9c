import { Controller, Get, Header, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { ApiAcceptedResponse, ApiGoneResponse, ApiOkResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import { Public } from '../auth/decorators/public.js';
import { EmailVerificationService } from '../auth/email-verification.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from './native.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ResendDto } from './account.dto.js';
import { DeadLinkFilter } from './dead-link.filter.js';
import { confirmationPage, confirmedPage } from './pages.js';

const HTML = 'text/html; charset=utf-8';

/** The page behind a mailed link, and the way to another link. The page works without script. */
@Controller('verify')
@Public()
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerificationService) {}

  @Post('resend')
  @HttpCode(202)
  @ApiOperation({ summary: 'Mail another verification link; answers alike whether there is such an account or not' })
  @ApiAcceptedResponse({
    description: 'If there is an account with that address to verify, a link is mailed (at most one in 5 minutes).',
  })
  @Refusals(NATIVE, 'body_malformed', 'fields_invalid')
  resend(@ContractBody(NATIVE, ResendDto) { email }: ResendDto): void {
    this.verification.resend(email);
  }

  @Get(':token')
  @UseFilters(DeadLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({ summary: 'The page of a mailed link; looking at it does not use the link up' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page with a button that confirms.' })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.' })
  async page(@Param('token') token: string): Promise<string> {
    return confirmationPage(await this.verification.addressOf(token));
  }

  @Post(':token')
  @HttpCode(200)
  @UseFilters(DeadLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({ summary: 'Confirm the address of a mailed link, as the button of its page does' })
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'A page that says that the address is confirmed.' })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.' })
  async confirm(@Param('token') token: string): Promise<string> {
    return confirmedPage(await this.verification.confirm(token));
  }
}
