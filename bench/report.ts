import type { ContestResult, PairResult, SideResult } from './contest.js';
import type { Figure } from './figure.js';
import type { Results } from './results.js';
import type { Spread } from './statistics.js';

/** Below this part of a core a server was held up. */
const BUSY = 0.9;

/** Everything in Markdown, with the targets beside the figures. */
export function report(results: Results): string {
  return [
    `# Benchmark, ${results.at.slice(0, 10)}`,
    '',
    ...origin(results),
    '',
    ...section(
      'Ratios',
      RATIOS,
      results.contests.flatMap(({ pairs }) => pairs.map(ratioRow)),
    ),
    ...section('Figures', FIGURES, results.figures.map(figureRow)),
    ...section('What was measured', SIDES, sidesOf(results.contests).map(sideRow)),
    ...results.notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

const RATIOS = ['what', 'against', 'ratio', 'spread', 'target', 'holds'];
const FIGURES = ['what', 'figure', 'spread', 'target', 'holds', 'how'];
const SIDES = [
  'side',
  'a second',
  'spread',
  'median, ms',
  'p99, ms',
  'ms of a core',
  'cores used',
  'main thread busy',
  'per request',
];

function origin({ machine, mode, groups, at }: Results): string[] {
  const { processor, cores, memoryMegabytes, kernel, node, commit, isDirty, versions } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${mode} run of ${groups.join(', ')}, begun ${at}.`,
    `Commit ${commit}${isDirty ? ' with changes' : ''}; Node ${node}; Linux ${kernel}.`,
    `${cores} × ${processor}, ${Math.round(memoryMegabytes / 1024)} GB.`,
    `${packages.join(', ')}.`,
  ];
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [`## ${title}`, '', row(head), row(head.map(() => '---')), ...rows.map(row), ''];
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function ratioRow({ side, against, ratio, atLeast, atMost, holds }: PairResult): string[] {
  return [side, against, digits(ratio.median), spread(ratio), target({ atLeast, atMost }), verdict(holds)];
}

function figureRow({ name, value, unit, atLeast, atMost, holds, how }: Figure): string[] {
  return [name, `${digits(value.median)} ${unit}`, spread(value), target({ atLeast, atMost }), verdict(holds), how];
}

/** Sides that take part in several contests are told once for each. */
function sidesOf(contests: readonly ContestResult[]): SideResult[] {
  return contests.flatMap(({ sides }) => sides);
}

function sideRow({ name, perSecond, p50Ms, p99Ms, coreMs, cores, busy, waiting, does }: SideResult): string[] {
  const figures = [
    digits(perSecond.median),
    spread(perSecond),
    optional(p50Ms),
    optional(p99Ms),
    digits(coreMs),
    digits(cores),
  ];
  return [name, ...figures, busyness(busy, waiting), does];
}

/** Below nine tenths of a core, a server was held up: by others that used its core, or by a client that was too slow. */
function busyness(busy: number | undefined, waiting = 0): string {
  if (busy === undefined) return '';
  const reason = busy + waiting >= BUSY ? 'its core was used by others' : 'limited by the client';
  return `${Math.round(busy * 100)} %${busy < BUSY ? `, ${reason}` : ''}`;
}

function target({ atLeast, atMost }: { atLeast?: number; atMost?: number }): string {
  const parts = [atLeast === undefined ? '' : `≥ ${atLeast}`, atMost === undefined ? '' : `≤ ${atMost}`];
  return parts.filter(Boolean).join(', ');
}

const verdict = (holds: boolean | undefined): string => (holds === undefined ? '' : holds ? 'yes' : '**no**');
const optional = (figure: number | undefined): string => (figure === undefined ? '' : digits(figure));
const spread = ({ least, most }: Spread): string => (least === most ? '' : `${digits(least)} – ${digits(most)}`);

/** Three digits that count, and none behind the point that do not. */
function digits(figure: number): string {
  if (figure === 0) return '0';
  return Math.abs(figure) >= 100 ? String(Math.round(figure)) : String(Number(figure.toPrecision(3)));
}
