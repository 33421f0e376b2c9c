import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from 'commander';
import { program } from '../../src/cli/program.js';
import { type Family, metricsOf } from '../support/exposition.js';
import { type Service, startService } from '../support/service.js';

const DOCUMENT = readFileSync('docs/operating.md', 'utf8');

/** The rows of the table of alerts: what each is called, and its expression. */
const ALERTS = (DOCUMENT.split('\n## Watch\n')[1]?.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
  .map(([, name = '', expression = '']) => ({ name, expression: expression.replaceAll('`', '') }));

/** The metrics that a text names, without the parts of histograms. */
function metricsIn(text: string): string[] {
  const names = [...text.matchAll(/\b(?:latchkey|nodejs|process)_[a-z\d_]+/g)].map(([name]) => name);
  return names.map((name) => name.replace(/_(bucket|count|sum)$/, ''));
}

let service: Service;
let families: Map<string, Family>;

beforeAll(async () => {
  service = await startService();
  families = await metricsOf(service);
});
afterAll(() => service.stop());

describe('docs/operating.md', () => {
  it('has alerts, each over metrics that the service has', () => {
    expect(ALERTS.length).toBeGreaterThan(10);
    const watching = ALERTS.filter(({ expression }) => !expression.startsWith('up{'));
    for (const { name, expression } of watching) expect([name, metricsIn(expression)]).not.toEqual([name, []]);
    const unknown = metricsIn(DOCUMENT).filter((name) => !families.has(name));
    expect(unknown).toEqual([]);
  });

  it('selects by labels and codes that there are', () => {
    const selectors = ALERTS.flatMap(({ expression }) => [
      ...expression.matchAll(/(latchkey_\w+)\{(\w+)=~"([^"]+)"\}/g),
    ]);
    expect(selectors.map(([, metric, label]) => [metric, label])).toEqual([
      ['latchkey_http_request_duration_seconds_count', 'status'],
      ['latchkey_sign_ins_total', 'result'],
    ]);
    expect(selectors[1]?.[3]?.split('|')).toEqual(['credentials_wrong', 'too_many_attempts']);
  });

  it('prints commands of the command line that exist, with their arguments', () => {
    const lines = [...DOCUMENT.matchAll(/node bin\/latchkey\.js ([a-z][^\n`]*)/g)].map(([, line = '']) =>
      line.trim().split(' '),
    );
    expect(lines.length).toBeGreaterThan(10);
    for (const words of lines) expect([words.join(' '), find(program('0'), words)?.name()]).not.toContain(undefined);
  });

  it('links to files and sections that exist', () => {
    const links = [...DOCUMENT.matchAll(/\]\((?!http)([^)]+)\)/g)].map(
      ([, link = '']) => link.split('#') as [string, string?],
    );
    expect(links.length).toBeGreaterThan(5);
    for (const [file, section] of links) {
      const path = file === '' ? 'docs/operating.md' : `docs/${file}`;
      expect([path, existsSync(path)]).toEqual([path, true]);
      if (section !== undefined) expect(sectionsOf(readFileSync(path, 'utf8'))).toContain(section);
    }
  });
});

function sectionsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The command that words lead to, as far as they are names of commands. */
function find(command: Command, [word, ...rest]: readonly string[]): Command | undefined {
  const next = command.commands.find((one) => one.name() === word);
  if (next) return find(next, rest);
  return command.commands.length === 0 ? command : undefined;
}
