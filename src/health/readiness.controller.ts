import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  type HealthIndicatorResult,
  HealthCheckService,
  HealthIndicatorService,
  TypeOrmHealthIndicator,
} from '@nestjs/terminus';
import { Public } from '../auth/decorators/public.js';
import { NATIVE } from '../contract-kit/native.js';
import { Refusals } from '../contract-kit/refusals.js';
import { KeyRing } from '../tokens/key-ring.js';
import { RevocationFeed } from '../tokens/revocation-feed.js';
import { NotReadyFilter } from './not-ready.filter.js';
import { NOT_READY, PartDto, READY, ReadinessDto } from './readiness.dto.js';

/** Tells a load balancer whether to send requests here. */
@Controller('health/ready')
@ApiTags('health')
@UseFilters(NotReadyFilter)
export class ReadinessController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly indicators: HealthIndicatorService,
    private readonly keys: KeyRing,
    private readonly feed: RevocationFeed,
  ) {}

  @Get()
  @Public()
  @HealthCheck({ noCache: true, swaggerDocumentation: false })
  @ApiOperation({
    operationId: 'readiness',
    summary:
      'Whether the service can serve: its database answers, it has a key to sign with, and knows what was revoked',
  })
  @ApiExtraModels(PartDto)
  @ApiOkResponse({ type: ReadinessDto, description: 'Ready.', example: READY })
  @ApiServiceUnavailableResponse({
    type: ReadinessDto,
    description: 'Not ready; `error` says what is missing, the log says why.',
    example: NOT_READY,
  })
  @Refusals({ ...NATIVE, needsStore: false })
  check(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.database.pingCheck('database', { timeout: 1000 }),
      () => this.part('keys', this.keys.isReady),
      () => this.part('revocations', this.feed.isFresh),
    ]);
  }

  private part(name: string, isUp: boolean): HealthIndicatorResult {
    const indicator = this.indicators.check(name);
    return isUp ? indicator.up() : indicator.down();
  }
}
