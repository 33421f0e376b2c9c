import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { TokensModule } from '../tokens/tokens.module.js';
import { ReadinessController } from './readiness.controller.js';

/** Whether the service can serve. */
@Module({ imports: [TerminusModule.forRoot({ logger: false }), TokensModule], controllers: [ReadinessController] })
export class HealthModule {}
