import { mainThreadSeconds, processorSeconds } from './processes.js';
import { ratioOf, type Spread, spreadOf } from './statistics.js';

/** What one side did in one round. */
export interface Round {
  readonly completed: number;
  readonly seconds: number;
  /** Processor time of everything that did it, in seconds. */
  readonly coreSeconds: number;
  /** Of its main thread, where that is the one that counts: the time on a core, and the time waiting for one. */
  readonly main?: { readonly ran: number; readonly waited: number };
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** One of those that are compared. */
export interface Side {
  readonly name: string;
  /** What it does per request, in words: unlike work must not look alike. */
  readonly does: string;
  warmUp(): Promise<void>;
  round(): Promise<Round>;
}

/** That one side is compared with another. */
export interface Pair {
  readonly side: string;
  readonly against: string;
  /** The least ratio of their rates that is asked for; without one the ratio is told and judged by nobody. */
  readonly atLeast?: number;
  /** The most, where there is one. */
  readonly atMost?: number;
}

/** Sides that are measured in turns, round by round. */
export interface Contest {
  readonly name: string;
  readonly sides: readonly Side[];
  readonly pairs: readonly Pair[];
}

/** What a side came to. */
export interface SideResult {
  readonly name: string;
  readonly does: string;
  readonly perSecond: Spread;
  /** Milliseconds of a core for each request, the median of the rounds. */
  readonly coreMs: number;
  /** How many cores it used, all its processes and threads together. */
  readonly cores: number;
  /** How busy its main thread was, as a part of one core; below 0.9 something else was the limit. */
  readonly busy?: number;
  /** How long its main thread waited for a core that others used, as a part of the time. */
  readonly waiting?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** How two sides compare. */
export interface PairResult extends Pair {
  readonly ratio: Spread;
  /** Whether the target is met, where there is one. */
  readonly holds?: boolean;
}

/** What a contest came to. */
export interface ContestResult {
  readonly name: string;
  readonly sides: readonly SideResult[];
  readonly pairs: readonly PairResult[];
}

/** Measures the sides in turns: A B A B rather than A A B B, since machines are faster now and slower then. */
export async function hold({ name, sides, pairs }: Contest, rounds: number): Promise<ContestResult> {
  const results = new Map<string, Round[]>(sides.map((side) => [side.name, []]));
  for (const side of sides) await side.warmUp();
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) results.get(side.name)?.push(await side.round());
  }
  const roundsOf = (side: string): Round[] => results.get(side) as Round[];
  return {
    name,
    sides: sides.map((side) => resultOf(side, roundsOf(side.name))),
    pairs: pairs.map((pair) => compare(pair, roundsOf(pair.side), roundsOf(pair.against))),
  };
}

const rateOf = ({ completed, seconds }: Round): number => completed / seconds;

function resultOf({ name, does }: Side, rounds: readonly Round[]): SideResult {
  const median = (figure: (round: Round) => number | undefined): number | undefined => {
    const figures = rounds.map(figure).filter((value) => value !== undefined);
    return figures.length === 0 ? undefined : spreadOf(figures).median;
  };
  return {
    name,
    does,
    perSecond: spreadOf(rounds.map(rateOf)),
    coreMs: median(({ coreSeconds, completed }) => (coreSeconds * 1000) / completed) as number,
    cores: median(({ coreSeconds, seconds }) => coreSeconds / seconds) as number,
    busy: median(({ main, seconds }) => main && main.ran / seconds),
    waiting: median(({ main, seconds }) => main && main.waited / seconds),
    p50Ms: median(({ p50Ms }) => p50Ms),
    p99Ms: median(({ p99Ms }) => p99Ms),
  };
}

function compare(pair: Pair, rounds: readonly Round[], against: readonly Round[]): PairResult {
  const ratio = ratioOf(rounds.map(rateOf), against.map(rateOf));
  return { ...pair, ratio, holds: isWithin(ratio.median, pair) };
}

/** Whether a figure meets its target; `undefined` if it has none. */
export function isWithin(figure: number, { atLeast, atMost }: Pick<Pair, 'atLeast' | 'atMost'>): boolean | undefined {
  if (atLeast === undefined && atMost === undefined) return undefined;
  return figure >= (atLeast ?? -Infinity) && figure <= (atMost ?? Infinity);
}

/** What a process spends while something is done. */
export async function spending<T>(
  pid: number,
  act: () => Promise<T>,
): Promise<T & Pick<Round, 'coreSeconds' | 'main'>> {
  const [core, main] = [processorSeconds(pid), mainThreadSeconds(pid)];
  const done = await act();
  const { ran, waited } = mainThreadSeconds(pid);
  return {
    ...done,
    coreSeconds: processorSeconds(pid) - core,
    main: { ran: ran - main.ran, waited: waited - main.waited },
  };
}
