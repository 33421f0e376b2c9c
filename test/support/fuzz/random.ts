/** Chances that follow from a seed alone: the same seed, the same requests. */
export class Random {
  private state: number;

  /** @param seed a whole number, of which 32 bits count */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A number from 0 up to, but not, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not, `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** True so often, of 1. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of several. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Lower-case letters and digits. */
  word(length: number): string {
    return Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[this.below(36)]).join('');
  }

  /** Bytes. */
  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Chances of their own for a part of the work, which do not depend on how much the other parts have used. */
  branch(part: number): Random {
    return new Random(Math.imul(this.state ^ Math.imul(part + 1, 0x9e3779b1), 0x85ebca6b));
  }
}
