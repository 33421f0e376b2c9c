/**
 * How fast the service is, beside what is possible and beside its peers: `npm run bench`, see bench/README.md. It starts
 * what it needs, and everything that is compared is measured in turns.
 */
import { archive, latest } from './archive.js';
import { Bench, FULL, QUICK } from './bench.js';
import { comparableCount, fallsSince, wordsOf } from './check.js';
import { installBench } from './install.js';
import { describeMachine } from './machine.js';
import { type Options, readOptions } from './options.js';
import { report } from './report.js';
import type { Results } from './results.js';
import type { GroupResult } from './rows/group.js';
import { GROUPS } from './rows/index.js';
import { soak } from './rows/soak.js';

/** Something to measure, with the name that it is told under. */
type Task = readonly [name: string, measure: (bench: Bench) => Promise<GroupResult>];

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function tasksOf({ only, quick, soak: minutes }: Options): Task[] {
  if (minutes !== undefined) return [[`${minutes} minutes of mixed load`, (bench) => soak(bench, minutes)]];
  const groups = GROUPS.filter(({ name, isQuick }) => (only ? only.includes(name) : isQuick || !quick));
  return groups.map((group): Task => [group.name, (bench) => group.measure(bench)]);
}

function leftOut({ only, quick, soak: minutes }: Options): string[] {
  const names = GROUPS.filter(({ isQuick }) => !isQuick).map(({ name }) => name);
  return quick && !only && minutes === undefined ? [`--quick leaves out ${names.join(' and ')}.`] : [];
}

async function measure(options: Options): Promise<Results> {
  const at = new Date().toISOString();
  const machine = describeMachine();
  const tasks = tasksOf(options);
  const parts: GroupResult[] = [];
  const bench = await Bench.open(options.quick ? QUICK : FULL);
  try {
    for (const [name, task] of tasks) {
      const startedAtMs = performance.now();
      parts.push(await task(bench));
      say(`${name}: ${Math.round((performance.now() - startedAtMs) / 1000)} s`);
    }
  } finally {
    await bench.close();
  }
  return {
    at,
    mode: options.soak !== undefined ? 'soak' : options.quick ? 'quick' : 'full',
    groups: tasks.map(([name]) => name),
    machine,
    contests: parts.flatMap(({ contests = [] }) => contests),
    figures: parts.flatMap(({ figures = [] }) => figures),
    notes: [...leftOut(options), ...parts.flatMap(({ notes = [] }) => notes)],
  };
}

/** What is compared is what was committed; read before the results of today replace it. */
function check(results: Results, before: Results | undefined): void {
  if (!before) return say('There are no results to compare with yet.');
  const compared = comparableCount(before, results);
  for (const line of wordsOf(fallsSince(before, results), compared, before.at.slice(0, 10))) say(line);
}

// Processes that were started end with this one, also when somebody ends it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(
    args,
    GROUPS.map(({ name }) => name),
  );
  installBench();
  const before = latest();
  const results = await measure(options);
  process.stdout.write(report(results));
  const isWhole = results.mode === 'full' && !options.only;
  if (isWhole || options.write || results.mode === 'soak')
    for (const file of archive(results, isWhole)) say(`Written: ${file}`);
  if (options.check) check(results, before);
}

await run(process.argv.slice(2)).catch((error: Error) => {
  say(error.message);
  process.exit(1);
});
