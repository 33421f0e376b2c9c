/** What several rounds came to. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The median of figures and how far they lie apart. @throws {Error} if there are none */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error('There is no median of nothing.');
  return { median: middleOf(sorted), least, most };
}

/** The median of each round's own ratio: what slows the machine down for a while slows both down. */
export function ratioOf(figures: readonly number[], against: readonly number[]): Spread {
  return spreadOf(figures.map((figure, round) => figure / (against[round] as number)));
}

function middleOf(sorted: readonly number[]): number {
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half)] as number)) / 2;
}
