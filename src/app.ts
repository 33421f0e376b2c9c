import 'reflect-metadata';
import type { DynamicModule, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream } from 'pino';
import { AppModule } from './app.module.js';
import type { Config } from './config/env.js';
import { Contracts } from './contract-kit/contracts.js';
import { ErrorFilter } from './contract-kit/error.filter.js';
import { PROBLEM_DETAILS } from './contract-kit/problem-details.js';
import { RouteTable } from './contract-kit/route-table.js';
import type { Words } from './contract-kit/wire-error.js';
import { CONTRACTS } from './contracts/index.js';
import { DEFINITIONS } from './definitions.js';
import { mountDocs } from './docs/docs.js';
import { corsPolicy } from './http/cors.js';
import { createServer } from './http/server.js';
import { createLogger, NestLogger } from './logging/logger.js';
import { OAUTH_ERRORS } from './oauth/oauth.errors.js';

/** What may differ between one start and another beside the configuration. */
export interface AppOptions {
  /** Where the log goes; standard output by default. */
  readonly log?: DestinationStream;
  /** Modules beside the service's own; tests mount routes of theirs with them. */
  readonly further?: NonNullable<ModuleMetadata['imports']>;
  /** Makes the application from its module; tests replace providers with it. */
  readonly create?: (
    module: DynamicModule,
    adapter: FastifyAdapter,
    options: NestApplicationOptions,
  ) => Promise<NestFastifyApplication>;
}

/**
 * The application as `main.ts`, the tests and the benchmark all start it: initialised, not listening yet.
 * @throws {ConfigError} if the data folder is in use or damaged
 */
export async function createApp(config: Config, options: AppOptions = {}): Promise<NestFastifyApplication> {
  const logger = createLogger(config.LOG_LEVEL, options.log);
  const contracts = new Contracts(CONTRACTS.map(({ contract }) => contract));
  const routes = new RouteTable();
  const errors = new ErrorFilter((path) => wordsAt(contracts, path), routes);
  const adapter: FastifyAdapter = createServer({ config, contracts, routes, errors, logger });
  const create = options.create ?? ((...parts) => NestFactory.create<NestFastifyApplication>(...parts));
  const app = await create(AppModule.with(config, options.further), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(errors);
  const cors = corsPolicy(contracts, config);
  app.enableCors({ delegator: (request, callback) => callback(null, cors(request)) });
  mountDocs(app, config, DEFINITIONS);
  return app.init();
}

/** Whose words a path is answered in. */
function wordsAt(contracts: Contracts, path: string): Words {
  return contracts.ofBasePath(path)?.errors ?? (path.startsWith('/oauth/') ? OAUTH_ERRORS : PROBLEM_DETAILS);
}

/** Stops an application: no new connections, then what runs is finished, then everything is closed. */
export async function closeApp(app: NestFastifyApplication): Promise<void> {
  await app.getHttpAdapter().close();
  await app.close();
}
