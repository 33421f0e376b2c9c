import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { Config, ConfigError } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import {
  createDataSource,
  dataSourceOf,
  demandMigrated,
  demandNoNewer,
  demandSameSchema,
  migrate,
} from './data-source.js';
import { DataFolderLock } from './data-folder-lock.js';
import { DirectLine } from './direct-line.js';
import { Durability } from './durability.js';
import { demandThawed } from './freeze.js';
import { unusable } from './postgres-options.js';
import { Rows } from './rows.js';
import { Sql } from './sql.js';
import { StoreProbe } from './store-probe.js';

const SERVICES = [Sql, Rows, Durability, StoreProbe, DirectLine];

/** The lock on the data folder, taken before anything in the folder is opened. */
@Module({
  providers: [
    { provide: DataFolderLock, inject: [Config], useFactory: (config: Config) => DataFolderLock.take(config) },
  ],
  exports: [DataFolderLock],
})
class DataFolderModule {}

/** The connection, with its schema up to date, for every module. */
@Global()
@Module({})
export class DatabaseModule {
  static with(config: Config, entities: NonNullable<DataSourceOptions['entities']>): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          imports: [DataFolderModule],
          // The secret comes before the database: a database without one is refused.
          inject: [DataFolderLock, ServiceSecret],
          useFactory: async (lock: DataFolderLock | null, secret: ServiceSecret | null) => {
            // Nest hands out null for what could not be made, before the start fails for that.
            if (!lock || !secret) throw new ConfigError('Without its lock and its secret, the database stays closed.');
            return { ...(await createDataSource(config, entities)).options, toRetry: () => false };
          },
          dataSourceFactory: async (options) => {
            const opening = dataSourceOf(options as DataSourceOptions).initialize();
            const dataSource = await opening.catch((cause: Error) => {
              throw config.DATABASE_URL ? unusable(cause) : cause;
            });
            await demandThawed(dataSource);
            await demandNoNewer(dataSource);
            await (config.MIGRATE ? migrate : demandMigrated)(dataSource);
            return dataSource;
          },
        }),
      ],
      providers: SERVICES,
      exports: SERVICES,
    };
  }

  /** The connection for one command: beside a running service, so that it neither locks the folder nor migrates. */
  static besideService(config: Config, entities: NonNullable<DataSourceOptions['entities']>): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: async () => ({ ...(await createDataSource(config, entities)).options, toRetry: () => false }),
          dataSourceFactory: async (options) => {
            const dataSource = await dataSourceOf(options as DataSourceOptions).initialize();
            await demandThawed(dataSource);
            await demandSameSchema(dataSource);
            return dataSource;
          },
        }),
      ],
      providers: SERVICES,
      exports: SERVICES,
    };
  }
}
