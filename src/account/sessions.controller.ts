import { Controller, Delete, Get, HttpCode, Param, UseInterceptors } from '@nestjs/common';
import { AccountSessionsService } from '../auth/account/account-sessions.service.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam } from '../contract-kit/openapi.js';
import { ContractQuery } from '../contract-kit/query.js';
import { Refusals } from '../contract-kit/refusals.js';
import { CHANGING, ForAccounts, READING } from './account-route.js';
import { CookieReturn } from './cookie-return.interceptor.js';
import { pageOfSessions, SessionsDto, sessionsDto, SessionsQueryDto } from './sessions.dto.js';

/** My sessions, through whatever contract they were opened. */
@Controller('account/sessions')
@ForAccounts()
export class SessionsController {
  constructor(private readonly sessions: AccountSessionsService) {}

  @Get()
  @ApiOperation({ operationId: 'listSessions', summary: 'My live sessions, the newest first' })
  @ApiOkResponse({ type: SessionsDto, description: 'A page of my sessions.' })
  @Refusals(NATIVE, SessionsQueryDto, ...READING)
  async list(
    @CurrentPrincipal() principal: Principal,
    @ContractQuery(SessionsQueryDto) query: SessionsQueryDto,
  ): Promise<SessionsDto> {
    return sessionsDto(await this.sessions.page(principal, pageOfSessions(query)), principal);
  }

  @Delete(':id')
  @HttpCode(204)
  @UseInterceptors(CookieReturn)
  @ApiOperation({ operationId: 'endSession', summary: 'End one of my sessions; `current` signs this one out' })
  @ApiParam({ name: 'id', description: 'The id of a session, or `current`.' })
  @ApiNoContentResponse({ description: 'No token of the session counts any more.' })
  @Refusals(NATIVE, ...CHANGING, 'session_not_found')
  async end(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<void> {
    await this.sessions.end(principal, id);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'endOtherSessions', summary: 'End all my sessions but this one' })
  @ApiNoContentResponse({ description: 'No token of another session counts any more.' })
  @Refusals(NATIVE, ...CHANGING)
  async endOthers(@CurrentPrincipal() principal: Principal): Promise<void> {
    await this.sessions.endOthers(principal);
  }
}
