import 'reflect-metadata';
import { type DynamicModule, type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditLog } from '../audit/audit-log.js';
import { AuditModule } from '../audit/audit.module.js';
import { ConfigModule } from '../config/config.module.js';
import { databaseFile } from '../config/data-folder.js';
import type { Config } from '../config/env.js';
import { DatabaseModule } from '../database/database.module.js';
import { ENTITIES } from '../entities.js';
import { createLogger, NestLogger } from '../logging/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { CommandError, describeFailure } from './command-error.js';
import { hasEmbeddedDatabase } from './embedded-database.js';

/** The few services that one command needs. */
@Module({})
class CommandModule {
  static with(config: Config, { imports = [], providers = [] }: ModuleMetadata): DynamicModule {
    return {
      module: CommandModule,
      imports: [
        ConfigModule.with(config),
        DatabaseModule.besideService(config, ENTITIES),
        MetricsModule,
        AuditModule,
        ...imports,
      ],
      providers,
    };
  }
}

/** Keeps what is logged while the services start: a start that fails is told in one line, not with Nest's stacks. */
class LateLog {
  private waiting: string[] | undefined = [];

  write(line: string): void {
    if (this.waiting) this.waiting.push(line);
    else process.stderr.write(line);
  }

  begin(): void {
    process.stderr.write((this.waiting ?? []).join(''));
    this.waiting = undefined;
  }
}

/**
 * Writes what a command recorded in the audit trail. One that only reads does so before it prints.
 * @throws {CommandError} if the store does not take it
 */
export async function demandRecorded(services: INestApplicationContext): Promise<void> {
  await services
    .get(AuditLog)
    .writeOrLose()
    .catch((error: unknown) => {
      throw new CommandError(`The audit trail could not be written. ${describeFailure(error)}`, { cause: error });
    });
}

/**
 * Runs a command with the services that it needs, beside a running service or without one. What it recorded is written
 * before this is fulfilled.
 * @throws {CommandError} if there is no database yet
 * @throws {ConfigError} if this user must not use the database, if it is of another version, or what it is sealed under is not there
 */
export async function withServices<T>(
  config: Config,
  needs: ModuleMetadata,
  act: (services: INestApplicationContext) => Promise<T>,
): Promise<T> {
  if (!config.DATABASE_URL && !hasEmbeddedDatabase(config))
    throw new CommandError(`There is no database at ${databaseFile(config)} yet. Make it with: latchkey migrate`);
  const log = new LateLog();
  const services = await NestFactory.createApplicationContext(CommandModule.with(config, needs), {
    logger: new NestLogger(createLogger('warn', log)),
    abortOnError: false,
  });
  log.begin();
  try {
    return await act(services).finally(() => demandRecorded(services));
  } finally {
    await services.close();
  }
}
