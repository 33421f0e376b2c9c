import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';

/** How long a line may wait to be written, in milliseconds. */
const LATEST_MS = 100;

/** How much may wait for somebody who does not read, in bytes, and how long the end of the process waits, in milliseconds. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
const LONGEST_WAIT_MS = 1000;

/** What a log line may say of an error. No statement, parameter or request goes with it: they may hold secrets. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return { type: name, message, code, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}

/** Times as pino writes them, `,"time":"…"`. The many lines of one millisecond share one text: writing it costs 2 µs. */
function isoTimes(): () => string {
  let lastMs = 0;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** The log: JSON lines. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: isoTimes(),
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, error: describeError },
    // Whoever logs a request or a reply whole would log its headers.
    redact: { paths: ['req', 'res'], remove: true },
  };
  return destination ? pino(options, destination) : pino({ ...options, hooks: AT_ONCE }, standardOutput());
}

type StandardOutput = ReturnType<typeof pino.destination>;

let opened: StandardOutput | undefined;

/** Lines are written together: each by itself costs a request as much as checking its token. */
function standardOutput(): StandardOutput {
  if (opened) return opened;
  opened = pino.destination({
    sync: false,
    minLength: 4096,
    periodicFlush: LATEST_MS,
    maxLength: MOST_WAITING_BYTES,
  });
  opened.once('drop', () =>
    process.stderr.write('Nobody reads the log on standard output; its lines are dropped from now on.\n'),
  );
  return opened;
}

/** Waits until the lines are written that were logged to standard output, or a second. */
export async function logWritten(): Promise<void> {
  const output = opened;
  if (!output) return;
  const written = new Promise<void>((resolve) => output.flush(() => resolve()));
  await Promise.race([written, wait(LONGEST_WAIT_MS, undefined, { ref: false })]);
}

/** What warns of something waits for no other lines. */
const AT_ONCE = {
  logMethod(this: Logger, line: Parameters<LogFn>, method: LogFn, level: number): void {
    method.apply(this, line);
    if (level >= pino.levels.values.warn!) opened?.flush();
  },
};

/** Where Nest tells of every module and route at start, which few want to read. */
const START_UP_CONTEXTS = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's own log lines, and those of every `Logger` from Nest, as lines of the log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log = (message: unknown, ...rest: unknown[]): void => {
    const level = START_UP_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info';
    this.writer(level)(message, ...rest);
  };
  warn = this.writer('warn');
  error = this.writer('error');
  fatal = this.writer('fatal');
  debug = this.writer('debug');
  verbose = this.writer('trace');

  /** The last parameter is the context by Nest's convention; before it, for errors, a stack may stand. */
  private writer(level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') {
    return (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const stack = rest.length > 1 ? rest[0] : undefined;
      if (message instanceof Error) return this.logger[level]({ context, err: message }, message.message);
      if (typeof message !== 'object' || message === null)
        return this.logger[level]({ context, stack }, String(message));
      const { message: text, ...fields } = message as { message?: string };
      this.logger[level]({ context, ...fields }, text);
    };
  }
}
