import { afterAll, beforeAll } from 'vitest';
import { type Postgres, startPostgres } from './postgres.js';
import type { Environment } from './service.js';

/** One of the engines that Latchkey stores in, and settings for an empty database there. */
export interface EngineUnderTest {
  readonly engine: 'SQLite' | 'PostgreSQL';
  readonly settings: () => Promise<Environment>;
}

/** Both engines, for a file that holds them to the same; PostgreSQL runs as long as the file's tests do. */
export function bothEngines(database: string): EngineUnderTest[] {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  return [
    { engine: 'SQLite', settings: async () => ({}) },
    { engine: 'PostgreSQL', settings: () => postgres.createDatabase(database) },
  ];
}
