import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { AT_FULL_SIZE } from '../support/needs.js';

describe('a run of the tests', AT_FULL_SIZE, () => {
  let output: string;
  let lastLine: string | undefined;
  let code: number | null;

  beforeAll(async () => {
    const config = 'test/runner/fixtures/vitest.config.ts';
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [resolve('node_modules/vitest/vitest.mjs'), 'run', '--config', config], {
      env: { PATH, HOME },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [written, errors, [ended]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    output = written + errors;
    lastLine = written.trimEnd().split('\n').at(-1);
    code = ended;
  }, 180_000);

  it('shows what the services of a failing test logged meanwhile, and of no other', () => {
    expect(output).toContain('Log of a service on SQLite:');
    expect(output).toContain('asked-by-the-failing-test');
    expect(output).not.toContain('asked-by-the-passing-test');
  });

  it('names each failure once more at the end, with the first line of its error', () => {
    const file = 'test/runner/fixtures/outcomes.fixture.ts (SQLite)';
    expect(output).toContain(
      `\nFailed: ${file} > a suite that cannot begin\n  expected\n` +
        `Failed: ${file} > fails\n  expected 200 to be 418 // Object.is equality\n\n1 passed, `,
    );
  });

  it('ends with the slowest files, what was skipped and why, and the counts alone on the last line', () => {
    expect(output).toMatch(
      /\nSlowest files:\n +\d+\.\d s {2}test\/runner\/fixtures\/outcomes\.fixture\.ts \(SQLite\)\n/,
    );
    expect(output).toContain('\nSkipped tests:\n       1  a teapot\n');
    expect(lastLine).toBe('1 passed, 2 failed, 2 skipped');
    expect(code).toBe(1);
  });
});
