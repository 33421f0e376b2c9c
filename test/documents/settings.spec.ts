import { readdirSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeSettings, parseEnvironment } from '../../src/config/env.js';
import { type Setting } from '../../src/config/setting.js';
import { SETTINGS } from '../../src/config/settings.js';

const example = readFileSync('.env.example', 'utf8');
const settings: [string, Setting<unknown>][] = Object.entries(SETTINGS);

describe('.env.example', () => {
  it('is what the settings say of themselves (npm run env:example writes it)', () => {
    expect(example).toBe(describeSettings());
  });

  it('changes nothing when every line of it is uncommented', () => {
    const uncommented = parseEnv(example.replace(/^# (?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(uncommented).sort()).toEqual(Object.keys(SETTINGS).sort());
    // But for one thing: the start fails if a port that was set is taken.
    const changed = Object.assign(parseEnvironment({}), { isMetricsPortSet: true });
    expect(parseEnvironment(uncommented as Record<string, string>)).toEqual(changed);
  });
});

describe('docs/settings.md', () => {
  const rows = readFileSync('docs/settings.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it.each(settings)('says of %s what the setting says of itself', (name, setting) => {
    const heading = `\`${name}\`${setting.secret ? ' (secret)' : ''}`;
    const row = [heading, setting.default && `\`${setting.default}\``, setting.about, setting.allowed];
    expect(rows.filter(([first]) => first?.startsWith(`\`${name}\``))).toEqual([row]);
  });

  it('names no setting that does not exist', () => {
    expect(rows.map(([heading]) => heading?.split('`')[1])).toEqual(settings.map(([name]) => name));
  });
});

/** What the tests themselves read from the environment. */
const OF_TESTS = new Set(['FUZZ_REQUESTS', 'FUZZ_SEED', 'TEST_DATABASE_URL', 'TEST_SIZE']);

describe('README.md and docs/', () => {
  const pages = [
    'README.md',
    ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((page) => `docs/${page}`),
  ]
    .filter((page) => page.endsWith('.md'))
    .map((page) => readFileSync(page, 'utf8'));

  it('name no setting in capitals that does not exist', () => {
    const named = pages.join('\n').matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g);
    const unknown = [...named]
      .map(([, name]) => name as string)
      .filter((name) => !(name in SETTINGS || OF_TESTS.has(name)));
    expect(unknown).toEqual([]);
  });
});
