import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** The instruments, for every module. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
