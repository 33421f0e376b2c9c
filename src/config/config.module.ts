import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Config } from './env.js';
import { ServiceSecret } from './service-secret.js';

/** Configuration, clock and service secret, for every module. */
@Global()
@Module({})
export class ConfigModule {
  static with(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: Config, useValue: config },
        { provide: ServiceSecret, useFactory: () => ServiceSecret.of(config) },
        Clock,
      ],
      exports: [Config, ServiceSecret, Clock],
    };
  }
}
