import type { Readable } from 'node:stream';
import { Controller, Get, Header } from '@nestjs/common';
import { UsageReport } from '../audit/usage-report.js';
import { operatorOf } from '../auth/administration/operator.js';
import { TrailReadingService } from '../auth/administration/trail-reading.service.js';
import { CurrentPrincipal } from '../auth/decorators/current-principal.js';
import type { Principal } from '../auth/door.js';
import { Clock } from '../config/clock.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiOkResponse, ApiOperation } from '../contract-kit/openapi.js';
import { ContractQuery } from '../contract-kit/query.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ADMIN_READING, ForAdmins } from './admin-route.js';
import { AuditEventsDto, auditEventsDto } from './audit-event.dto.js';
import { linesOf } from './audit-lines.js';
import { AuditFilterDto, AuditQueryDto, pageOfEvents, trailAsked } from './audit-query.dto.js';
import { daysAsked, UsageDto, usageDto, UsageQueryDto } from './usage.dto.js';

/** What was done, and how much, for administrators. */
@Controller('admin')
@ForAdmins()
export class TrailController {
  constructor(
    private readonly trail: TrailReadingService,
    private readonly usage: UsageReport,
    private readonly clock: Clock,
  ) {}

  @Get('audit')
  @ApiOperation({
    operationId: 'listAuditEvents',
    summary: 'Who did what, to whom, from where and with which result; the newest first',
    description:
      'What was done less than a second ago may be missing yet. A page may be shorter than `limit` while there is a `next_cursor`.',
  })
  @ApiOkResponse({ type: AuditEventsDto, description: 'A page of the audit trail.' })
  @Refusals(NATIVE, AuditQueryDto, ...ADMIN_READING)
  async events(
    @CurrentPrincipal() admin: Principal,
    @ContractQuery(AuditQueryDto) query: AuditQueryDto,
  ): Promise<AuditEventsDto> {
    const { limit, after } = pageOfEvents(query);
    return auditEventsDto(await this.trail.page(operatorOf(admin), trailAsked(query), limit, after));
  }

  @Get('audit/export')
  @Header('Content-Type', 'application/x-ndjson')
  @ApiOperation({
    operationId: 'exportAuditEvents',
    summary: 'The audit trail as JSON lines, the newest first',
    description: 'One event a line. An answer that was cut short is not complete: its connection ends before its end.',
  })
  @ApiOkResponse({
    description: 'Every event that is meant, one a line.',
    content: { 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  @Refusals(NATIVE, AuditFilterDto, ...ADMIN_READING)
  export(@CurrentPrincipal() admin: Principal, @ContractQuery(AuditFilterDto) query: AuditFilterDto): Readable {
    return linesOf(this.trail.export(operatorOf(admin), trailAsked(query)), admin.client);
  }

  @Get('usage')
  @ApiOperation({
    operationId: 'showUsage',
    summary: 'How much each contract was used on each day; the newest first',
    description: 'Tells whether an old front end has gone quiet.',
  })
  @ApiOkResponse({ type: UsageDto, description: 'The days with any use.' })
  @Refusals(NATIVE, UsageQueryDto, ...ADMIN_READING)
  async days(@ContractQuery(UsageQueryDto) query: UsageQueryDto): Promise<UsageDto> {
    const { from, to } = daysAsked(query, this.clock.now());
    return usageDto(await this.usage.between(from, to));
  }
}
