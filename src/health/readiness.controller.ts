import type { Server } from 'node:http';
import { Controller, Get, ServiceUnavailableException, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  HealthCheck,
  type HealthCheckResult,
  type HealthIndicatorResult,
  HealthCheckService,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { Public } from '../auth/decorators/public.js';
import { NATIVE } from '../contract-kit/native.js';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { StoreProbe } from '../database/store-probe.js';
import { KeyRing } from '../tokens/key-ring.js';
import { RevocationFeed } from '../tokens/revocation-feed.js';
import { NotReadyFilter } from './not-ready.filter.js';
import { NOT_READY, PartDto, READY, ReadinessDto } from './readiness.dto.js';

/** Tells a load balancer whether to send requests here. */
@Controller('health/ready')
@ApiTags('health')
@UseFilters(NotReadyFilter)
export class ReadinessController {
  private looking: Promise<HealthCheckResult> | undefined;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly keys: KeyRing,
    private readonly feed: RevocationFeed,
    private readonly store: StoreProbe,
    private readonly host: HttpAdapterHost,
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
  async check(): Promise<HealthCheckResult> {
    const found = await this.look();
    // Who still asks over a connection from before must send its requests elsewhere.
    if (this.isStopping) throw new ServiceUnavailableException({ ...found, status: 'shutting_down' });
    return found;
  }

  /** One look for all who ask meanwhile: whoever asks often must not occupy the store. */
  private look(): Promise<HealthCheckResult> {
    this.looking ??= this.health
      .check([
        () => this.checkDatabase(),
        () => this.part('keys', this.keys.isReady),
        () => this.part('revocations', this.feed.isFresh),
      ])
      .finally(() => (this.looking = undefined));
    return this.looking;
  }

  private get isStopping(): boolean {
    return !(this.host.httpAdapter.getHttpServer() as Server).listening;
  }

  /** A database that is full still answers whatever needs no write, so that requests should go on coming. */
  private async checkDatabase(): Promise<HealthIndicatorResult> {
    const { database: found } = await this.indicators.check('database').attempt(() => this.store.demandReachable());
    const isDegraded = found.status === 'up' && !(await this.store.isWritable());
    return { database: isDegraded ? { ...found, status: 'degraded' } : found };
  }

  private part(name: string, isUp: boolean): HealthIndicatorResult {
    const indicator = this.indicators.check(name);
    return isUp ? indicator.up() : indicator.down();
  }
}
