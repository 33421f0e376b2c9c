import { constants, openSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import sonicBoom from 'sonic-boom';

// It is CommonJS, of which Node reads no names.
const { SonicBoom } = sonicBoom;
type SonicBoom = InstanceType<typeof SonicBoom>;

/** How many bytes are written at once, and how long a line waits for others, in milliseconds. */
const PAGE_BYTES = 16_384;
const LATEST_MS = 100;

/** How soon a write is tried again where the reader has no room yet, in milliseconds. A pipe has room for four pages. */
const SOON_MS = 10;

/** The most bytes that wait while the log cannot be written. Lines beyond are dropped. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

/** How long the end of the service waits for the log, and how long the end of a process does at most, in milliseconds. */
const LONGEST_WAIT_MS = 1000;
const LONGEST_END_MS = 500;

/** The most bytes that a character of a text, a UTF-16 unit, takes in UTF-8. */
const BYTES_OF_CHARACTER = 3;

/** The descriptor of standard output. */
const STDOUT = 1;

/** The byte that ends a line. */
const LINE_FEED = 0x0a;

/**
 * Standard output for the log: its lines are written together, since each by itself costs a request as much as checking its
 * token. They wait as bytes. As texts, of which each garbage collection copies all parts, they cost 1 to 5 µs a line.
 *
 * A write that fails is tried again until it succeeds: the disk is full, the terminal is gone, the reader of a pipe has gone
 * or does not read. SonicBoom keeps what waits meanwhile. `pino.destination` would give up at EPIPE, and the SonicBoom
 * that it brings tries for ever at the end of a process.
 */
class StandardOutput implements DestinationStream {
  private readonly page = Buffer.allocUnsafe(PAGE_BYTES);
  private used = 0;
  private readonly options;
  private readonly out: SonicBoom;
  private trying: NodeJS.Timeout | undefined;
  /** Until when the end of the process waits for a reader that has no room. */
  private endsAtMs = -Infinity;
  private untold = 0;
  /** How many lines were dropped so far. */
  droppedLines = 0;
  /** Hears how many lines are missing at this place of the log, once it is written again. */
  tellGap: (lines: number) => void = () => undefined;

  constructor() {
    process.once('exit', () => this.writeTheRest());
    // What cannot be said there cannot be said anywhere. Unheard, the error would end the process.
    process.stderr.on('error', () => undefined);
    this.options = {
      fd: openOutput(),
      contentMode: 'buffer',
      // With 0, its `flush` would do nothing where nothing waits.
      minLength: 1,
      maxLength: MOST_WAITING_BYTES,
      retryEAGAIN: () => performance.now() < this.endsAtMs,
    } as const;
    this.out = new SonicBoom({ ...this.options, sync: false });
    this.out.on('error', ({ code }: NodeJS.ErrnoException) => this.tryAgain(code === 'EAGAIN' ? SOON_MS : LATEST_MS));
    this.out.on('drop', (bytes: Buffer) => this.drop(bytes));
    this.out.on('drain', () => this.endGap());
    setInterval(() => this.handOn(), LATEST_MS).unref();
  }

  write(line: string): void {
    const mostBytes = line.length * BYTES_OF_CHARACTER;
    if (mostBytes > PAGE_BYTES - this.used) this.handOn();
    if (mostBytes > PAGE_BYTES) this.hand(Buffer.from(line));
    else this.used += this.page.write(line, this.used);
  }

  /** Writes what waits. @param written is told once all of it is written */
  flush(written?: () => void): void {
    this.handOn();
    if (written) this.out.once('drain', written);
    this.out.flush();
  }

  /** A copy, as a page that is nearly empty would be kept whole for as long as it waits, and counted as what is in it. */
  private handOn(): void {
    if (this.used === 0) return;
    this.hand(Buffer.from(this.page.subarray(0, this.used)));
    this.used = 0;
  }

  private tryAgain(afterMs: number): void {
    this.trying ??= setTimeout(() => {
      this.trying = undefined;
      this.out.flush();
    }, afterMs).unref();
  }

  private drop(bytes: Buffer): void {
    const lines = bytes.reduce((count, byte) => (byte === LINE_FEED ? count + 1 : count), 0);
    this.droppedLines += lines;
    this.untold += lines;
  }

  private endGap(): void {
    if (this.untold === 0) return;
    const lines = this.untold;
    this.untold = 0;
    this.tellGap(lines);
  }

  /** At the end of a process nothing is written any more but at once. What cannot be is lost. */
  private writeTheRest(): void {
    this.endsAtMs = performance.now() + LONGEST_END_MS;
    try {
      this.out.flushSync();
      hand(new SonicBoom({ ...this.options, sync: true }), this.page.subarray(0, this.used));
    } catch {
      // There is nobody to tell.
    }
  }

  private hand(bytes: Buffer): void {
    hand(this.out, bytes);
  }
}

/**
 * Where standard output is written to so that no write waits for a reader: it would hold a thread, and the end of the
 * process waits for its threads.
 */
function openOutput(): number {
  // Node makes pipes and sockets so when it opens them, which this does. Terminals it makes wait.
  if (!process.stdout.isTTY) return STDOUT;
  try {
    return openSync('/dev/stdout', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return STDOUT;
  }
}

/** The types of SonicBoom know of texts only. */
function hand(out: SonicBoom, bytes: Buffer): void {
  out.write(bytes as unknown as string);
}

let opened: StandardOutput | undefined;

/** The one standard output. */
export function standardOutput(): StandardOutput {
  return (opened ??= new StandardOutput());
}

/** How many lines of the log this process has dropped, as they could not be written. */
export function droppedLogLines(): number {
  return opened?.droppedLines ?? 0;
}

/** Waits until the lines are written that were logged to standard output, or a second. */
export async function logWritten(): Promise<void> {
  const output = opened;
  if (!output) return;
  await new Promise<void>((resolve) => {
    const longest = setTimeout(resolve, LONGEST_WAIT_MS);
    output.flush(() => {
      clearTimeout(longest);
      resolve();
    });
  });
}
