import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AuditModule } from '../audit/audit.module.js';
import type { Config } from '../config/env.js';
import { MailModule } from '../mail/mail.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { ReadinessController } from './readiness.controller.js';
import { Readings } from './readings.js';

/** Whether the service can serve, and how it fares. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), TokensModule, UsersModule, AuditModule, MailModule],
  controllers: [ReadinessController],
  providers: [Readings],
})
export class HealthModule {
  /** With `/metrics` on the public port, or on one of its own. */
  static with({ METRICS_PORT }: Config): DynamicModule {
    const metrics = METRICS_PORT === 0 ? { controllers: [MetricsController] } : { providers: [MetricsServer] };
    return { module: HealthModule, ...metrics };
  }
}
