import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LAYERS } from '../../lint/layers.js';
import plugin from '../../lint/plugin.js';

const DOCUMENT = readFileSync('docs/architecture.md', 'utf8');

/** The rows between the marks, as the folder with what it may import. */
function tableOfImports(): Record<string, string[]> {
  const table = DOCUMENT.split('<!-- layers:begin -->')[1]?.split('<!-- layers:end -->')[0] ?? '';
  const rows = table.split('\n').filter((row) => row.startsWith('| `'));
  const folders = rows.map((row) =>
    row.split('|').map((cell) => [...cell.matchAll(/`([\w-]+)\/`/g)].map(([, name = '']) => name)),
  );
  return Object.fromEntries(folders.map(([, from = [], to = []]) => [from[0] ?? '', to]));
}

/** What the rule says of one import in a file of src/. */
function complaints(file: string, specifier: string): string[] {
  const found: string[] = [];
  const context = {
    filename: `${process.cwd()}/src/${file}`,
    report: ({ message }: { message: string }) => void found.push(message),
  };
  const listeners = plugin.rules.layers.create(context) as { ImportDeclaration?: (node: object) => void };
  listeners.ImportDeclaration?.({ source: { value: specifier } });
  return found;
}

describe('docs/architecture.md', () => {
  it('prints the table of imports that the linter holds', () => {
    expect(tableOfImports()).toEqual(LAYERS);
  });

  it('leaves out no folder of src', () => {
    const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(Object.keys(LAYERS).sort()).toEqual(folders.map(({ name }) => name).sort());
  });
});

describe('the linter', () => {
  it('refuses an import that goes up, between facts, or from one contract to another', () => {
    expect(complaints('users/users.service.ts', '../auth/door.js')).toEqual([
      'users must not import auth: imports run downward only (docs/architecture.md).',
    ]);
    expect(complaints('users/users.service.ts', '../tokens/sessions.service.js')).toHaveLength(1);
    expect(complaints('users/users.service.ts', '../app.js')).toHaveLength(1);
    expect(complaints('contracts/basic/basic.dto.ts', '../cookie/cookie.dto.js')).toHaveLength(1);
    expect(complaints('auth/strategies/local.strategy.ts', '../../contract-kit/dto.js')).toHaveLength(1);
  });

  it('lets an import pass that goes down or stays', () => {
    expect(complaints('auth/strategies/local.strategy.ts', '../sign-in.service.js')).toEqual([]);
    expect(complaints('auth/strategies/local.strategy.ts', '../../users/user.entity.js')).toEqual([]);
    expect(complaints('contracts/basic/basic.dto.ts', '../../contract-kit/dto.js')).toEqual([]);
    expect(complaints('contracts/index.ts', './basic/basic.module.js')).toEqual([]);
    expect(complaints('app.ts', './auth/door.js')).toEqual([]);
  });
});
