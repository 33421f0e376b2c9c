import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import 'reflect-metadata';
import pg from 'pg';
import ts from 'typescript';
import type { TestProject } from 'vitest/node';
import { parseEnvironment } from '../../src/config/env.js';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { createDataSource, migrate } from '../../src/database/data-source.js';
import { ENTITIES } from '../../src/entities.js';
import { HASHING_WORKER } from '../support/hashing-worker.js';
import { SHARED_SECRET, TEMPLATE } from '../support/postgres-names.js';
import { PostgresServer } from '../support/postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the PostgreSQL server is that test files share; a slash and a database's name complete it. */
    readonly postgresUrl: string;
    /** A data folder with a migrated SQLite database that has no rows, for services to begin with a copy of. */
    readonly dataFolder: string;
    /** What services store in, unless a test says otherwise. */
    readonly engine: 'SQLite' | 'PostgreSQL';
  }
}

const PUBLIC_URL = 'http://latchkey.test';

/** What all test files share: the compiled hashing thread, and a PostgreSQL server. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  compileHashingWorker();
  const given = process.env.TEST_DATABASE_URL?.replace(/\/+$/, '');
  const server = given === undefined ? await PostgresServer.start() : undefined;
  const url = given ?? (server as PostgresServer).url;
  project.provide('postgresUrl', url);
  await makeTemplate(url);
  project.provide('dataFolder', await makeDataFolder());
  return async () => server?.remove();
}

/** Makes the migrated PostgreSQL database that those of services are copies of. */
async function makeTemplate(server: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  await migrateStore({ DATABASE_URL: `${server}/${TEMPLATE}`, LATCHKEY_SECRET: SHARED_SECRET });
}

/** Makes the data folder that those of services are copies of. Answers its path. */
async function makeDataFolder(): Promise<string> {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'latchkey-template-'));
  ServiceSecret.of(parseEnvironment({ DATA_DIR, PUBLIC_URL }));
  await migrateStore({ DATA_DIR });
  return DATA_DIR;
}

async function migrateStore(settings: Record<string, string>): Promise<void> {
  const config = parseEnvironment({ PUBLIC_URL, ...settings });
  const dataSource = await (await createDataSource(config, ENTITIES)).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
}

/** Threads load compiled code in a tenth of the time that compiling it in each of them takes. */
function compileHashingWorker(): void {
  const { outputText } = ts.transpileModule(readFileSync('src/users/bcrypt.worker.ts', 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, esModuleInterop: true },
  });
  mkdirSync(dirname(HASHING_WORKER), { recursive: true });
  // Another run's threads may be loading it.
  const written = `${HASHING_WORKER}.${process.pid}`;
  writeFileSync(written, outputText);
  renameSync(written, HASHING_WORKER);
}
