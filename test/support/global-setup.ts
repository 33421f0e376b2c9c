import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import 'reflect-metadata';
import pg from 'pg';
import ts from 'typescript';
import type { TestProject } from 'vitest/node';
import { parseEnvironment } from '../../src/config/env.js';
import { createDataSource, migrate } from '../../src/database/data-source.js';
import { ENTITIES } from '../../src/entities.js';
import { HASHING_WORKER } from './hashing-worker.js';
import { SHARED_SECRET, TEMPLATE } from './postgres-names.js';
import { PostgresServer } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the PostgreSQL server is that test files share; a slash and a database's name complete it. */
    readonly postgresUrl: string;
    /** What services store in, unless a test says otherwise. */
    readonly engine: 'SQLite' | 'PostgreSQL';
  }
}

/** What all test files share: the compiled hashing thread, and a PostgreSQL server. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  compileHashingWorker();
  const given = process.env.TEST_DATABASE_URL?.replace(/\/+$/, '');
  const server = given === undefined ? await PostgresServer.start() : undefined;
  const url = given ?? (server as PostgresServer).url;
  project.provide('postgresUrl', url);
  await makeTemplate(url);
  return async () => server?.remove();
}

/** Makes the migrated database that those of services are copies of. */
async function makeTemplate(server: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const config = parseEnvironment({
    DATABASE_URL: `${server}/${TEMPLATE}`,
    LATCHKEY_SECRET: SHARED_SECRET,
    PUBLIC_URL: 'http://latchkey.test',
  });
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
  writeFileSync(HASHING_WORKER, outputText);
}
