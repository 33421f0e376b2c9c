import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import Sequencer from './test/runner/sequencer.js';
import { sized } from './test/runner/size.js';
import { runsOnPostgres, SPEC_FILES } from './test/runner/spec-files.js';
import { useTemporaryFolder } from './test/runner/temporary-folder.js';

useTemporaryFolder();

/** How long a condition may take to come about, in milliseconds: on a busy machine far longer than on a quiet one. */
const POLL_MS = 10_000;

/** The tests of one engine. */
export const project = (name: 'SQLite' | 'PostgreSQL', include: string[]): TestProjectConfiguration => ({
  resolve: {
    alias: sized<Record<string, string>>({ small: { 'lru-cache': resolve('test/support/lru-cache.ts') }, full: {} }),
  },
  test: {
    name,
    include,
    provide: { engine: name },
    pool: 'forks',
    isolate: false,
    // A module is compiled once for both engines, and again only when it changes.
    experimental: { fsModuleCache: true },
    setupFiles: './test/runner/setup.ts',
    expect: { poll: { timeout: POLL_MS } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default defineConfig({
  test: {
    // In the root project alone: both engines share one PostgreSQL.
    globalSetup: './test/runner/global-setup.ts',
    // More than cores: some files wait for processes and timers most of the time.
    maxWorkers: availableParallelism() + 1,
    reporters: ['./test/runner/reporter.ts'],
    sequence: { sequencer: Sequencer },
    projects: [
      project('SQLite', SPEC_FILES),
      project(
        'PostgreSQL',
        SPEC_FILES.filter((file) => runsOnPostgres(file)),
      ),
    ],
  },
});
