import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEvent } from './audit-event.entity.js';
import { AuditLog } from './audit-log.js';
import { AuditTrail } from './audit-trail.js';
import { Usage } from './usage.js';
import { UsageDay } from './usage-day.entity.js';
import { UsageReport } from './usage-report.js';

/** What was done, and how much. */
@Module({
  imports: [TypeOrmModule.forFeature([AuditEvent, UsageDay])],
  providers: [AuditLog, AuditTrail, Usage, UsageReport],
  exports: [AuditLog, AuditTrail, Usage, UsageReport],
})
export class AuditModule {}
