import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const DOCUMENT = readFileSync('docs/security.md', 'utf8');
const VERDICTS = ['met', 'not met', 'not applicable'];

/** How many requirements each section of OWASP ASVS 5.0.0 has, as published in May 2025. */
const SECTIONS: Readonly<Record<string, readonly number[]>> = {
  6: [3, 12, 8, 6, 8, 4, 2, 4],
  7: [3, 4, 2, 5, 3, 2],
  9: [3, 4],
  10: [2, 3, 5, 16, 5, 2, 3],
};

/** Those of levels 1 and 3; the others are of level 2. */
const LEVEL_1 =
  '6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5';
const LEVEL_3 =
  '6.3.5 6.3.6 6.3.7 6.3.8 6.4.5 6.4.6 6.5.6 6.5.7 6.5.8 6.6.4 6.7.1 6.7.2 7.5.3 10.2.3 10.3.5 10.4.12 10.4.13 10.4.14 10.4.15 10.4.16';

interface Row {
  readonly id: string;
  readonly level: number;
  readonly requirement: string;
  readonly verdict: string;
  readonly evidence: string;
}

const ROWS: readonly Row[] = DOCUMENT.split('\n')
  .filter((line) => /^\| \d+\.\d+\.\d+ /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, id = '', level, requirement = '', verdict = '', evidence = '']) => ({
    id,
    level: Number(level),
    requirement,
    verdict,
    evidence,
  }));

/** The tests that a text cites: a file, and after it one or more names. */
function citations(text: string): { file: string; name: string }[] {
  const files = [...text.matchAll(/`(test\/[^`]+)`:((?: (?:· )?“[^”]+”)+)|`(test\/[^`]+)`/g)];
  return files.flatMap(([, file, names = '', alone]) =>
    alone === undefined
      ? [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file: file ?? '', name }))
      : [{ file: alone, name: '' }],
  );
}

/** Whether a file of tests has a test, or a case of one, of that name. */
function has(file: string, name: string): boolean {
  if (!existsSync(file)) return false;
  const source = readFileSync(file, 'utf8');
  return name === '' || ["'", '"', '`'].some((quote) => source.includes(quote + name + quote));
}

describe('docs/security.md', () => {
  it('has every requirement of the chapters once, in order', () => {
    const ids = Object.entries(SECTIONS).flatMap(([chapter, counts]) =>
      counts.flatMap((count, section) => Array.from({ length: count }, (_, i) => `${chapter}.${section + 1}.${i + 1}`)),
    );
    expect(ids).toHaveLength(109);
    expect(ROWS.map(({ id }) => id)).toEqual(ids);
  });

  it('tells the level of each as the standard does', () => {
    const of = (level: number): string =>
      ROWS.filter((row) => row.level === level)
        .map(({ id }) => id)
        .join(' ');
    expect(of(1)).toBe(LEVEL_1);
    expect(of(3)).toBe(LEVEL_3);
    expect(ROWS.filter(({ level }) => ![1, 2, 3].includes(level))).toEqual([]);
  });

  it('has a verdict for each, with the test that shows what is met, and why for the rest', () => {
    const unproved = ROWS.filter(({ verdict, evidence }) => verdict === 'met' && citations(evidence).length === 0);
    expect(unproved.map(({ id }) => id)).toEqual([]);
    expect(ROWS.filter(({ verdict }) => !VERDICTS.includes(verdict)).map(({ id }) => id)).toEqual([]);
    expect(ROWS.filter(({ requirement, evidence }) => requirement === '' || evidence.length < 20)).toEqual([]);
  });

  it('counts them', () => {
    const [met, not, no] = VERDICTS.map((one) => ROWS.filter(({ verdict }) => verdict === one).length);
    expect(DOCUMENT.replace(/\s+/g, ' ')).toContain(
      `Of ${ROWS.length} requirements ${met} are met, ${not} are not, and ${no} do not apply.`,
    );
  });

  it('cites tests that exist', () => {
    const cited = citations(DOCUMENT);
    expect(cited.length).toBeGreaterThan(60);
    expect(cited.filter(({ file, name }) => !has(file, name))).toEqual([]);
  });

  it('would not let a test pass that does not exist', () => {
    const text = '`test/documents/security.spec.ts`: “counts them” · “is not there”, and `test/none.spec.ts`';
    const missing = citations(text).filter(({ file, name }) => !has(file, name));
    expect(missing.map(({ name, file }) => name || file)).toEqual([
      expect.stringMatching(/^is not there$/),
      'test/none.spec.ts',
    ]);
  });

  it('links to sections that it has', () => {
    const sections = [...DOCUMENT.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...DOCUMENT.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !sections.includes(link))).toEqual([]);
  });
});
