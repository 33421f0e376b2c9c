import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';
import type { TestProject } from 'vitest/node';
import { HASHING_WORKER } from './hashing-worker.js';
import { PostgresServer } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the PostgreSQL server listens that test files share. */
    readonly postgresPort: number;
  }
}

/** What all test files share: the compiled hashing thread, and a PostgreSQL server. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  compileHashingWorker();
  const server = await PostgresServer.start();
  project.provide('postgresPort', server.port);
  return () => server.remove();
}

/** Threads load compiled code in a tenth of the time that compiling it in each of them takes. */
function compileHashingWorker(): void {
  const { outputText } = ts.transpileModule(readFileSync('src/users/bcrypt.worker.ts', 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, esModuleInterop: true },
  });
  mkdirSync(dirname(HASHING_WORKER), { recursive: true });
  writeFileSync(HASHING_WORKER, outputText);
}
