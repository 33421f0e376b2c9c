import 'reflect-metadata';
import type { DynamicModule, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import { DataSource } from 'typeorm';
import { AppModule } from './app.module.js';
import { ProfileShortCut } from './account/profile.short-cut.js';
import type { Config } from './config/env.js';
import { ContractShortCuts } from './contract-kit/contract-short-cuts.js';
import { Contracts } from './contract-kit/contracts.js';
import { ErrorFilter } from './contract-kit/error.filter.js';
import { PROBLEM_DETAILS } from './contract-kit/problem-details.js';
import { RouteTable } from './contract-kit/route-table.js';
import { ShortCuts } from './contract-kit/short-cuts.js';
import { strict } from './contract-kit/strict.js';
import type { Words } from './contract-kit/wire-error.js';
import { CONTRACTS } from './contracts/index.js';
import { stopBlocking } from './database/data-source.js';
import { DEFINITIONS } from './definitions.js';
import { mountDocs } from './docs/docs.js';
import { Connections } from './http/closing.js';
import type { RequestLine } from './http/request-log.js';
import { createServer } from './http/server.js';
import { createLogger, NestLogger } from './logging/logger.js';
import { Metrics } from './metrics/metrics.js';
import { IntrospectionShortCut } from './oauth/introspection.short-cut.js';
import { OAUTH_ERRORS } from './oauth/oauth.errors.js';
import { requestObserver } from './request-observers.js';
import { traceRequests } from './tracing/tracing.js';

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
 * The application as `main.ts`, `latchkey serve` and the tests all start it: initialised, not listening yet.
 * @throws {ConfigError} if the data folder is in use or damaged
 */
export async function createApp(config: Config, options: AppOptions = {}): Promise<NestFastifyApplication> {
  const logger = createLogger(config.LOG_LEVEL, options.log);
  const contracts = new Contracts(
    CONTRACTS.map(({ contract }) => (config.CONTRACT_STRICT ? strict(contract) : contract)),
    config.REGISTER_CONTRACT,
  );
  const routes = new RouteTable();
  const errors = new ErrorFilter((path) => wordsAt(contracts, path), routes);
  const shortCuts = new ShortCuts();
  // Whoever hears of requests is made with the application, after the server.
  let observer: ((line: RequestLine) => void) | undefined;
  const observe = (line: RequestLine): void => observer?.(line);
  const adapter: FastifyAdapter = createServer({ config, contracts, routes, errors, shortCuts, logger, observe });
  await traceRequests(adapter.getInstance<FastifyInstance>(), config);
  const create = options.create ?? ((...parts) => NestFactory.create<NestFastifyApplication>(...parts));
  const app = await create(AppModule.with(config, options.further), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(errors);
  if (config.DOCS) mountDocs(app, config, DEFINITIONS);
  observer = requestObserver(app);
  shortCuts.open([
    ...app.get(ContractShortCuts).of(contracts),
    app.get(ProfileShortCut),
    app.get(IntrospectionShortCut),
  ]);
  app.get(Metrics).begin(contracts.all.map(({ name }) => name));
  await app.init();
  await stopBlocking(app.get(DataSource));
  return app;
}

/** Whose words a path is answered in. */
function wordsAt(contracts: Contracts, path: string): Words {
  return contracts.ofBasePath(path)?.errors ?? (path.startsWith('/oauth/') ? OAUTH_ERRORS : PROBLEM_DETAILS);
}

/**
 * Stops an application: no new connections, then what comes over the others is answered, then everything is closed. No
 * timer begins anything meanwhile that would find the store closed.
 * @param lingerMs how long a connection must have been quiet to be closed
 */
export async function closeApp(app: NestFastifyApplication, lingerMs = 0): Promise<void> {
  await Connections.of(app.getHttpServer()).close(lingerMs);
  await app.getHttpAdapter().close();
  const timers = app.get(SchedulerRegistry);
  for (const name of timers.getIntervals()) timers.deleteInterval(name);
  await app.close();
}
