import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.js';
import { report } from './report.js';
import type { Results } from './results.js';

const FOLDER = 'bench/results';

/** The results of full runs; those of others are written under other names, and never compared with. */
const FULL_RUN = /^\d{4}-\d{2}-\d{2}\.json$/;

/** Writes results, and after a full run the chart. Answers which files it wrote. */
export function archive(results: Results, isWhole: boolean): string[] {
  const name = [results.at.slice(0, 10), ...(isWhole ? [] : [results.mode === 'full' ? 'part' : results.mode])].join(
    '-',
  );
  const files = { [`${name}.md`]: report(results), [`${name}.json`]: `${JSON.stringify(results, undefined, 2)}\n` };
  const drawn = isWhole ? { 'chart.svg': chart(results) } : {};
  mkdirSync(FOLDER, { recursive: true });
  return Object.entries({ ...files, ...drawn }).map(([file, text]) => {
    writeFileSync(join(FOLDER, file), text);
    return join(FOLDER, file);
  });
}

/** The results of the latest full run, if there are any. */
export function latest(): Results | undefined {
  const file = readdirSync(FOLDER)
    .filter((name) => FULL_RUN.test(name))
    .sort()
    .at(-1);
  return file === undefined ? undefined : (JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Results);
}
