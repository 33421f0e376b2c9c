import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEvent } from './audit-event.entity.js';
import { AuditLog } from './audit-log.js';
import { Usage } from './usage.js';
import { UsageDay } from './usage-day.entity.js';

/** What was done, and how much. */
@Module({
  imports: [TypeOrmModule.forFeature([AuditEvent, UsageDay])],
  providers: [AuditLog, Usage],
  exports: [AuditLog, Usage],
})
export class AuditModule {}
