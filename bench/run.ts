/**
 * How fast the service is, beside what is possible and beside its peers: `npm run bench`, see bench/README.md. It starts
 * what it needs, and everything that is compared is measured in turns.
 */
import { Bench, FULL, QUICK } from './bench.js';
import { installBench } from './install.js';
import { describeMachine } from './machine.js';
import { type Options, readOptions } from './options.js';
import { report } from './report.js';
import type { Results } from './results.js';
import { GROUPS } from './rows/index.js';
import type { Group } from './rows/group.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function chosen({ only, quick }: Options): Group[] {
  return GROUPS.filter(({ name, isQuick }) => (only ? only.includes(name) : isQuick || !quick));
}

async function measure(options: Options): Promise<Results> {
  const at = new Date().toISOString();
  const groups = chosen(options);
  const bench = await Bench.open(options.quick ? QUICK : FULL);
  const parts = [];
  try {
    for (const group of groups) {
      const startedAtMs = performance.now();
      parts.push(await group.measure(bench));
      say(`${group.name}: ${Math.round((performance.now() - startedAtMs) / 1000)} s`);
    }
  } finally {
    await bench.close();
  }
  return {
    at,
    mode: options.quick ? 'quick' : 'full',
    groups: groups.map(({ name }) => name),
    machine: describeMachine(),
    contests: parts.flatMap(({ contests = [] }) => contests),
    figures: parts.flatMap(({ figures = [] }) => figures),
    notes: parts.flatMap(({ notes = [] }) => notes),
  };
}

const options = readOptions(
  process.argv.slice(2),
  GROUPS.map(({ name }) => name),
);
installBench();
process.stdout.write(report(await measure(options)));
