import { Controller, Get, Header, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { ApiAcceptedResponse, ApiGoneResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/decorators/public.js';
import { EmailVerificationService } from '../auth/email-verification.service.js';
import { ContractBody } from '../contract-kit/contract-body.js';
import { NATIVE } from '../contract-kit/native.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ResendDto } from './account.dto.js';
import { DeadLinkFilter } from './dead-link.filter.js';
import { confirmationPage, confirmedPage } from './pages.js';

const HTML = 'text/html; charset=utf-8';

const PAGE = { 'text/html': { schema: { type: 'string', example: '<!doctype html>…' } } };
const TOKEN = { name: 'token', description: 'What the mailed link ends in.', example: 'AbC123' };

/** The page behind a mailed link, and the way to another link. The page works without script. */
@Controller('verify')
@ApiTags('e-mail verification')
@Public()
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerificationService) {}

  @Post('resend')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'resendLink',
    summary: 'Mail another verification link; answers alike whether there is such an account or not',
  })
  @ApiAcceptedResponse({
    description: 'If there is an account with that address to verify, a link is mailed (at most one in 5 minutes).',
  })
  @Refusals(NATIVE, ResendDto, 'body_malformed')
  resend(@ContractBody(NATIVE, ResendDto) { email }: ResendDto): void {
    this.verification.resend(email);
  }

  @Get(':token')
  @UseFilters(DeadLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'showLink',
    summary: 'The page of a mailed link; looking at it does not use the link up',
  })
  @ApiParam(TOKEN)
  @ApiOkResponse({ description: 'A page with a button that confirms.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @Refusals(NATIVE)
  async page(@Param('token') token: string): Promise<string> {
    return confirmationPage(await this.verification.addressOf(token));
  }

  @Post(':token')
  @HttpCode(200)
  @UseFilters(DeadLinkFilter)
  @Header('content-type', HTML)
  @ApiOperation({
    operationId: 'confirmLink',
    summary: 'Confirm the address of a mailed link, as the button of its page does',
  })
  @ApiParam(TOKEN)
  @ApiOkResponse({ description: 'A page that says that the address is confirmed.', content: PAGE })
  @ApiGoneResponse({ description: 'A page that says that the link was used or has expired.', content: PAGE })
  @Refusals(NATIVE)
  async confirm(@Param('token') token: string): Promise<string> {
    return confirmedPage(await this.verification.confirm(token));
  }
}
