import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { AdministrationSessionsService } from '../auth/administration/administration-sessions.service.js';
import { operatorOf } from '../auth/administration/operator.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import {
  ListedSessionsDto,
  listedSessionsDto,
  pageOfSessions,
  SessionsQueryDto,
} from '../contract-kit/listed-sessions.dto.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam } from '../contract-kit/openapi.js';
import { ContractQuery } from '../contract-kit/query.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ACCOUNT_ID, AccountId, ADMIN_CHANGING, ADMIN_READING, ForAdmins } from './admin-route.js';

/** The sessions of any account, for administrators. */
@Controller('admin/users/:id')
@ForAdmins()
export class UserSessionsController {
  constructor(private readonly sessions: AdministrationSessionsService) {}

  @Get('sessions')
  @ApiOperation({ operationId: 'listUserSessions', summary: 'The live sessions of an account, the newest first' })
  @ApiParam(ACCOUNT_ID)
  @ApiOkResponse({ type: ListedSessionsDto, description: 'A page of the sessions.' })
  @Refusals(NATIVE, SessionsQueryDto, ...ADMIN_READING, 'account_not_found')
  async list(
    @CurrentPrincipal() admin: Principal,
    @AccountId() id: number,
    @ContractQuery(SessionsQueryDto) query: SessionsQueryDto,
  ): Promise<ListedSessionsDto> {
    return listedSessionsDto(await this.sessions.page(operatorOf(admin), id, pageOfSessions(query)));
  }

  @Delete('sessions/:session_id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'endUserSession', summary: 'End one session of an account' })
  @ApiParam(ACCOUNT_ID)
  @ApiParam({ name: 'session_id', description: 'The id of the session.', schema: { type: 'string', format: 'uuid' } })
  @ApiNoContentResponse({ description: 'No token of the session counts any more.' })
  @Refusals(NATIVE, ...ADMIN_CHANGING, 'account_not_found', 'session_not_found')
  async end(
    @CurrentPrincipal() admin: Principal,
    @AccountId() id: number,
    @Param('session_id') sessionId: string,
  ): Promise<void> {
    await this.sessions.end(admin, id, sessionId);
  }

  @Post('revoke-sessions')
  @HttpCode(204)
  @ApiOperation({ operationId: 'revokeSessions', summary: 'End every session of an account' })
  @ApiParam(ACCOUNT_ID)
  @ApiNoContentResponse({ description: 'No token of the account counts any more.' })
  @Refusals(NATIVE, ...ADMIN_CHANGING, 'account_not_found')
  async endAll(@CurrentPrincipal() admin: Principal, @AccountId() id: number): Promise<void> {
    await this.sessions.endAll(admin, id);
  }
}
