import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(md|ts|js|json|ya?ml|conf|service|sh)$|Dockerfile|\.env\.example|^\.ci\//.test(file))
  .filter((file) => file !== 'package-lock.json' && !file.startsWith('test/documents/commands'));

describe('no command that anything prints', () => {
  it('has npx or a like fetch a package under the name of this one', () => {
    expect(FILES.length).toBeGreaterThan(300);
    const fetching =
      /\b(npx|npm exec|npm x|pnpx|pnpm dlx|yarn dlx|bunx)(\s+-{1,2}[\w=-]+)*\s+latchkey\b|npm (i|install) (-g )?latchkey\b/;
    expect(FILES.filter((file) => fetching.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});
