import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const FILES = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((path) => /[.-]spec\.ts$/.test(path))
  .map((path) => `test/${path}`);

/** How a file shows that it chooses its engine, starts processes of its own, or looks at a page. */
const CHOOSES = /support\/(postgres|engines|swagger-ui)\.js|ON_SQLITE|startProcess\(|startTraced\(/;

/** Whether a file starts services and leaves it open what they store in; others choose that themselves, or store nothing. */
function isForBothEngines(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return text.includes('support/service.js') && !CHOOSES.test(text);
}

export default defineConfig({
  test: {
    globalSetup: './test/support/global-setup.ts',
    pool: 'forks',
    isolate: false,
    // One more than cores: some files wait for processes and timers most of the time.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'SQLite', include: FILES, provide: { engine: 'SQLite' } } },
      {
        extends: true,
        test: { name: 'PostgreSQL', include: FILES.filter(isForBothEngines), provide: { engine: 'PostgreSQL' } },
      },
    ],
  },
});
