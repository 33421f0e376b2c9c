import { Controller, Get } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { UsageReport } from '../audit/usage-report.js';
import { Clock } from '../config/clock.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiOkResponse, ApiOperation } from '../contract-kit/openapi.js';
import { ContractQuery } from '../contract-kit/query.js';
import { Refusals } from '../contract-kit/refusals.js';
import { ADMIN_READING, ForAdmins } from './admin-route.js';
import { AuditEventsDto, auditEventsDto } from './audit-event.dto.js';
import { AuditQueryDto, eventsAsked } from './audit-query.dto.js';
import { daysAsked, UsageDto, usageDto, UsageQueryDto } from './usage.dto.js';

/** What was done, and how much, for administrators. */
@Controller('admin')
@ForAdmins()
export class TrailController {
  constructor(
    private readonly trail: AuditTrail,
    private readonly usage: UsageReport,
    private readonly clock: Clock,
  ) {}

  @Get('audit')
  @ApiOperation({
    operationId: 'listAuditEvents',
    summary: 'Who did what, to whom, from where and with which result; the newest first',
    description: 'What was done less than a second ago may be missing yet.',
  })
  @ApiOkResponse({ type: AuditEventsDto, description: 'A page of the audit trail.' })
  @Refusals(NATIVE, AuditQueryDto, ...ADMIN_READING)
  async events(@ContractQuery(AuditQueryDto) query: AuditQueryDto): Promise<AuditEventsDto> {
    const { filter, limit, after } = eventsAsked(query);
    return auditEventsDto(await this.trail.page(filter, limit, after));
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
