import { type DynamicModule, Global, Module, type ModuleMetadata } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccountModule } from './account/account.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AuthModule } from './auth/auth.module.js';
import { Doors, lifetimesOf } from './auth/doors.js';
import { ConfigModule } from './config/config.module.js';
import { Config } from './config/env.js';
import { ContractShortCuts } from './contract-kit/contract-short-cuts.js';
import { CONTRACTS } from './contracts/index.js';
import { DatabaseModule } from './database/database.module.js';
import { ENTITIES } from './entities.js';
import { HealthModule } from './health/health.module.js';
import { SiteTurnsGuard } from './auth/guards/site-turns.guard.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OAuthModule } from './oauth/oauth.module.js';
import { TokenLifetimes } from './tokens/token-lifetimes.js';

/** The ways in, for the acts that have to know them all. */
@Global()
@Module({
  providers: [
    { provide: Doors, useValue: new Doors(CONTRACTS.map(({ contract }) => contract)) },
    {
      provide: TokenLifetimes,
      inject: [Doors, Config],
      useFactory: (doors: Doors, config: Config) => lifetimesOf(doors, config),
    },
  ],
  exports: [Doors, TokenLifetimes],
})
export class DoorsModule {}

/** What answers at the contracts' hot routes without their controllers. */
@Module({ imports: [AuthModule], providers: [ContractShortCuts], exports: [ContractShortCuts] })
class ContractShortCutsModule {}

/** The table of contents. */
@Module({})
export class AppModule {
  /** @param further modules beside the service's own; tests mount routes of theirs with them */
  static with(config: Config, further: NonNullable<ModuleMetadata['imports']> = []): DynamicModule {
    return {
      module: AppModule,
      providers: [SiteTurnsGuard, { provide: APP_GUARD, useExisting: SiteTurnsGuard }],
      imports: [
        ConfigModule.with(config),
        DatabaseModule.with(config, ENTITIES),
        MetricsModule,
        DoorsModule,
        AuthModule,
        ...CONTRACTS.map(({ module }) => module),
        ContractShortCutsModule,
        AccountModule,
        AdminModule,
        OAuthModule,
        HealthModule,
        ...further,
      ],
    };
  }
}
