import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROBLEM_DETAILS } from '../../src/contract-kit/problem-details.js';
import { type WireErrorCode, wordingOf } from '../../src/contract-kit/wire-error.js';

const rows = readFileSync('docs/native-api.md', 'utf8')
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(([code]) => /^`[a-z_]+`$/.test(code ?? ''));

describe('docs/native-api.md', () => {
  it.each(Object.keys(PROBLEM_DETAILS) as WireErrorCode[])('has a row for %s, as it is answered', (code) => {
    const { status, body } = wordingOf(PROBLEM_DETAILS, code, {});
    const { title } = body as { title: string };
    expect(rows.filter(([cell]) => cell === `\`${code}\``)).toEqual([[`\`${code}\``, String(status), title]]);
  });

  it('has no row for a code that does not exist', () => {
    expect(rows.map(([cell]) => cell?.slice(1, -1)).filter((code) => !((code as string) in PROBLEM_DETAILS))).toEqual(
      [],
    );
  });
});
