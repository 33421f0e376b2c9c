import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inject } from 'vitest';
import type { LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppOptions, closeApp, createApp } from '../../src/app.js';
import { HashingWorker } from '../../src/users/hashing-pool.js';
import { HASHING_WORKER } from './hashing-worker.js';
import { recordLog } from './logs.js';
// Before any service: it marks what their timers do.
import './statements.js';
import { type OwnDatabase, makeDatabase } from './own-database.js';
import { Clock } from '../../src/config/clock.js';
import { type Config, parseEnvironment } from '../../src/config/env.js';

/** bcrypt's lowest cost; the configuration allows no lower one than 10, so tests put it in behind its back. */
const LOWEST_COST = 4;

/** A running service that a test may ask over HTTP, and look into where HTTP cannot reach. */
export interface Service {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly config: Config;
  readonly dataDir: string;
  /** Everything it has logged so far, one parsed line each. */
  readonly log: LogLine[];
  /** Moves its clock on. */
  advance(seconds: number): void;
  /** Stops it and starts another on the same data folder, with other settings if given; the clock goes on. */
  restart(env?: Environment): Promise<Service>;
  /** Stops it and removes its data folder. */
  stop(): Promise<void>;
}

export type LogLine = Record<string, unknown> & { msg?: string };
export type Environment = Readonly<Record<string, string>>;

/** Settings of a service that stores in a file of its own, also in a run of the tests on PostgreSQL. */
export const ON_SQLITE: Environment = { DATABASE_URL: '' };

/**
 * Starts a service on a data folder of its own, an ephemeral port unless `PORT` names one, and an injected clock.
 * @param env settings as the environment would give them; `BCRYPT_COST` may be below what the configuration allows
 */
export async function startService(env: Environment = {}, options: Pick<AppOptions, 'further'> = {}): Promise<Service> {
  const database = 'DATABASE_URL' in env ? undefined : await databaseOf(inject('engine'));
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-test-'));
  // To migrate an empty store is a tenth of a start; `migrations` and `empty-folder` test it.
  if (!database) cpSync(inject('dataFolder'), dataDir, { recursive: true });
  return start(dataDir, { ...database?.settings, ...env }, new Clock(), [], { ...options, database });
}

/** What a service stores in beside its folder, in a run of the tests on PostgreSQL. */
async function databaseOf(engine: 'SQLite' | 'PostgreSQL'): Promise<OwnDatabase | undefined> {
  return engine === 'PostgreSQL' ? makeDatabase() : undefined;
}

type StartOptions = Pick<AppOptions, 'further'> & { readonly database: OwnDatabase | undefined };

async function start(
  dataDir: string,
  env: Environment,
  clock: Clock,
  log: LogLine[],
  { database, ...options }: StartOptions,
): Promise<Service> {
  const { BCRYPT_COST, ...rest } = env;
  const settings = {
    PORT: '0',
    PUBLIC_URL: 'http://latchkey.test',
    DATA_DIR: dataDir,
    HASH_THREADS: '1',
    // Tests make many people from one address; those about limits switch them on.
    LIMITS: 'off',
    METRICS_PORT: 'off',
    ...rest,
  };
  const config = Object.assign(parseEnvironment(settings), { BCRYPT_COST: Number(BCRYPT_COST ?? LOWEST_COST) });
  const end = recordLog(`a service on ${config.DATABASE_URL ? 'PostgreSQL' : 'SQLite'}`, log);
  const app = await createApp(config, {
    ...options,
    log: { write: (line: string) => void log.push(JSON.parse(line) as LogLine) },
    create: async (module, adapter, nestOptions) => {
      const testing = await Test.createTestingModule({ imports: [module] })
        .overrideProvider(Clock)
        .useValue(clock)
        .overrideProvider(HashingWorker)
        .useValue(new HashingWorker(pathToFileURL(HASHING_WORKER).href))
        .setLogger(nestOptions.logger as LoggerService)
        .compile();
      return testing.createNestApplication<NestFastifyApplication>(adapter, nestOptions);
    },
  });
  await app.listen(config.PORT, config.HOST);
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    config,
    dataDir,
    log,
    advance: (seconds) => {
      clock.offsetMs += seconds * 1000;
    },
    restart: async (other = {}) => {
      await closeApp(app);
      end();
      return start(dataDir, { ...env, ...other }, clock, log, { ...options, database });
    },
    stop: async () => {
      await closeApp(app);
      end();
      await database?.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
