import { Controller, Get } from '@nestjs/common';
import { operatorOf } from '../auth/administration/operator.js';
import { SessionOverviewService } from '../auth/administration/session-overview.service.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { pageOfSessions } from '../contract-kit/listed-sessions.dto.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiOkResponse, ApiOperation } from '../contract-kit/openapi.js';
import { ContractQuery } from '../contract-kit/query.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ADMIN_READING, ForAdmins } from './admin-route.js';
import { AllSessionsDto, allSessionsDto, AllSessionsQueryDto, sessionsMeant } from './sessions.dto.js';

/** The sessions of all accounts, for administrators. */
@Controller('admin/sessions')
@ForAdmins()
export class SessionsController {
  constructor(private readonly sessions: SessionOverviewService) {}

  @Get()
  @ApiOperation({
    operationId: 'listAllSessions',
    summary: 'The live sessions of all accounts, the newest first',
    description: 'A page may be shorter than `limit` while there is a `next_cursor`.',
  })
  @ApiOkResponse({ type: AllSessionsDto, description: 'A page of the sessions.' })
  @Refusals(NATIVE, AllSessionsQueryDto, ...ADMIN_READING)
  async page(
    @CurrentPrincipal() admin: Principal,
    @ContractQuery(AllSessionsQueryDto) query: AllSessionsQueryDto,
  ): Promise<AllSessionsDto> {
    return allSessionsDto(await this.sessions.page(operatorOf(admin), sessionsMeant(query), pageOfSessions(query)));
  }
}
