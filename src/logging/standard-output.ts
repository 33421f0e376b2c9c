import { setTimeout as wait } from 'node:timers/promises';
import { type DestinationStream, pino } from 'pino';

/** How many bytes are written at once, and how long a line waits for others, in milliseconds. */
const PAGE_BYTES = 16_384;
const LATEST_MS = 100;

/** How much may wait for somebody who does not read, in bytes, and how long the end of the process waits, in milliseconds. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
const LONGEST_WAIT_MS = 1000;

/** The most bytes that a character of a text, a UTF-16 unit, takes in UTF-8. */
const BYTES_OF_CHARACTER = 3;

/**
 * Standard output for the log: its lines are written together, since each by itself costs a request as much as checking its
 * token. They wait as bytes. As texts, of which each garbage collection copies all parts, they cost 1 to 5 µs a line.
 */
class StandardOutput implements DestinationStream {
  private readonly page = Buffer.allocUnsafe(PAGE_BYTES);
  private used = 0;
  private readonly out: ReturnType<typeof pino.destination>;

  constructor() {
    process.once('exit', () => this.writeTheRest());
    // With 0 for `minLength`, its `flush` would do nothing.
    const options = { sync: false, contentMode: 'buffer', minLength: 1, maxLength: MOST_WAITING_BYTES } as const;
    this.out = pino.destination(options);
    this.out.once('drop', () =>
      process.stderr.write('Nobody reads the log on standard output; its lines are dropped from now on.\n'),
    );
    setInterval(() => this.handOn(), LATEST_MS).unref();
  }

  write(line: string): void {
    const mostBytes = line.length * BYTES_OF_CHARACTER;
    if (mostBytes > PAGE_BYTES - this.used) this.handOn();
    if (mostBytes > PAGE_BYTES) this.hand(Buffer.from(line));
    else this.used += this.page.write(line, this.used);
  }

  /** Writes what waits. @param written is told when that is done, or has failed */
  flush(written?: () => void): void {
    this.handOn();
    this.out.flush(written);
  }

  /** A copy, as a page that is nearly empty would be kept whole for as long as it waits, and counted as what is in it. */
  private handOn(): void {
    if (this.used === 0) return;
    this.hand(Buffer.from(this.page.subarray(0, this.used)));
    this.used = 0;
  }

  /** At the end of a process nothing is written any more but at once. */
  private writeTheRest(): void {
    this.out.flushSync();
    if (this.used > 0) pino.destination({ sync: true }).write(this.page.toString('utf8', 0, this.used));
  }

  private hand(bytes: Buffer): void {
    // The types know nothing of `contentMode`.
    this.out.write(bytes as unknown as string);
  }
}

let opened: StandardOutput | undefined;

/** The one standard output. */
export function standardOutput(): DestinationStream & { flush(): void } {
  return (opened ??= new StandardOutput());
}

/** Waits until the lines are written that were logged to standard output, or a second. */
export async function logWritten(): Promise<void> {
  const output = opened;
  if (!output) return;
  const written = new Promise<void>((resolve) => output.flush(resolve));
  await Promise.race([written, wait(LONGEST_WAIT_MS, undefined, { ref: false })]);
}
