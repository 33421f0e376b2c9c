import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AuthModule } from '../auth/auth.module.js';
import { MetricsServer } from './metrics-server.js';
import { ReadinessController } from './readiness.controller.js';
import { Readings } from './readings.js';

/** Whether the service can serve, and how it fares. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), AuthModule],
  controllers: [ReadinessController],
  providers: [Readings, MetricsServer],
})
export class HealthModule {}
