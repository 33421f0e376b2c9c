import { randomBytes } from 'node:crypto';

/** How far a clock goes back only when somebody sets it, in milliseconds. */
const CLOCK_PUT_RIGHT_MS = 60_000;

/** Makes ids in the order of time (RFC 9562 §5.7); those of one millisecond are in the order in which they were made. */
export class UuidV7 {
  private lastMs = 0;
  private counter = 0;

  /**
   * A new id for a time in milliseconds since the epoch. A time a little earlier than the last id's takes that one's; a
   * clock that was put right is followed.
   */
  next(nowMs: number): string {
    if (nowMs < this.lastMs - CLOCK_PUT_RIGHT_MS) this.lastMs = 0;
    this.counter = nowMs > this.lastMs ? 0 : this.counter + 1;
    // 12 bits count within a millisecond (RFC 9562 §6.2, method 1); beyond that, the time is pushed on.
    if (this.counter > 0xfff) {
      this.counter = 0;
      nowMs = this.lastMs + 1;
    }
    this.lastMs = Math.max(nowMs, this.lastMs);
    const random = randomBytes(8);
    random[0] = ((random[0] as number) & 0x3f) | 0x80;
    return format(this.lastMs, this.counter, random.toString('hex'));
  }
}

/** The least id of a time, which belongs to no event: bounds of a span of time. */
export function leastIdAt(time: Date): string {
  return format(Math.max(0, time.getTime()), 0, '0'.repeat(16));
}

function format(ms: number, counter: number, tail: string): string {
  const hex = ms.toString(16).padStart(12, '0') + (0x7000 | counter).toString(16) + tail;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
