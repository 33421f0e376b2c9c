import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
  TypeOrmHealthIndicator,
} from '@nestjs/terminus';
import { Public } from '../auth/decorators/public.js';
import { KeyRing } from '../tokens/key-ring.js';
import { NotReadyFilter } from './not-ready.filter.js';

/** Tells a load balancer whether to send requests here. */
@Controller('health/ready')
@UseFilters(NotReadyFilter)
export class ReadinessController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly indicators: HealthIndicatorService,
    private readonly keys: KeyRing,
  ) {}

  @Get()
  @Public()
  @HealthCheck()
  @ApiOperation({ summary: 'Whether the service can serve: its database answers and it has a key to sign with' })
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.database.pingCheck('database', { timeout: 1000 }), () => this.checkKeys()]);
  }

  private checkKeys():
    | ReturnType<ReturnType<HealthIndicatorService['check']>['up']>
    | ReturnType<ReturnType<HealthIndicatorService['check']>['down']> {
    const indicator = this.indicators.check('keys');
    return this.keys.isReady ? indicator.up() : indicator.down();
  }
}
