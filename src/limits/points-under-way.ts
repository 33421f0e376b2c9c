/** How many attempts wait for one budget at most. */
const WAITING_LIMIT = 256;

interface Line {
  underWay: number;
  readonly waiting: (() => void)[];
}

/**
 * The attempts of this process that hold a point and may yet give it back. Whoever finds a budget spent on such attempts
 * waits for how they end: parallel sign-ins of one who knows the password must not refuse each other.
 */
export class PointsUnderWay {
  private readonly lines = new Map<string, Line>();

  begin(keys: readonly string[]): void {
    for (const key of keys) {
      const line = this.lines.get(key) ?? { underWay: 0, waiting: [] };
      line.underWay++;
      this.lines.set(key, line);
    }
  }

  /** A point given back lets the first in line try; where none can come back any more, all in line learn their refusal. */
  end(points: readonly (readonly [key: string, gaveBack: boolean])[]): void {
    for (const [key, gaveBack] of points) this.endOne(key, gaveBack);
  }

  /** The budgets among these that attempts under way may give a point back to. */
  among(keys: readonly string[]): ReadonlySet<string> {
    return new Set(keys.filter((key) => this.lines.has(key)));
  }

  /**
   * Waits for a point of a budget that may come back. Answers false, at once, if none may or too many wait for it.
   * @param before result of `among` when the budgets were read; their points may be back by now
   */
  async turn(key: string, before: ReadonlySet<string> = new Set()): Promise<boolean> {
    const line = this.lines.get(key);
    if (!line) return before.has(key);
    if (line.waiting.length >= WAITING_LIMIT) return false;
    await new Promise<void>((resolve) => line.waiting.push(resolve));
    return true;
  }

  private endOne(key: string, gaveBack: boolean): void {
    const line = this.lines.get(key);
    if (!line) return;
    line.underWay--;
    if (line.underWay > 0) return gaveBack ? line.waiting.shift()?.() : undefined;
    this.lines.delete(key);
    for (const wake of line.waiting) wake();
  }
}
