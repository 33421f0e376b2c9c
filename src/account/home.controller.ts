import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { Public } from '../auth/decorators/public.js';
import { Config } from '../config/env.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../contract-kit/openapi.js';
import { HTML, PAGE_POLICY } from '../contract-kit/page.js';
import { Refusals } from '../contract-kit/refusals.js';
import { BrowsersOnly } from './browsers-only.guard.js';
import { homePage } from './home-page.js';
import { PAGE } from './link-route.js';

/** The page at the service's own address. */
@Controller()
@ApiTags('home')
@Public()
export class HomeController {
  constructor(private readonly config: Config) {}

  @Get()
  @UseGuards(BrowsersOnly)
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_POLICY)
  @ApiOperation({ operationId: 'showHome', summary: 'For browsers: what this is, and where things are' })
  @ApiOkResponse({ description: 'A page with the name, the version and links.', content: PAGE })
  @Refusals({ ...NATIVE, needsStore: false })
  show(): string {
    return homePage(this.config);
  }
}
