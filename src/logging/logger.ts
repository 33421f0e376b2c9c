import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type LogFn, type Logger, type LoggerOptions, pino } from 'pino';
import { readableLines } from './readable-lines.js';
import { standardOutput } from './standard-output.js';

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

/** The log: JSON lines, and on a terminal readable ones. */
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
  return destination ? pino(options, destination) : toStandardOutput(options);
}

function toStandardOutput(options: LoggerOptions): Logger {
  const output = standardOutput();
  const logger = pino({ ...options, hooks: AT_ONCE }, process.stdout.isTTY ? readableLines(output) : output);
  output.tellGap = (lines) => logger.warn({ lines }, 'The log could not be written; lines of it are missing here.');
  return logger;
}

/** What warns of something waits for no other lines. */
const AT_ONCE = {
  logMethod(this: Logger, line: Parameters<LogFn>, method: LogFn, level: number): void {
    method.apply(this, line);
    if (level >= pino.levels.values.warn!) standardOutput().flush();
  },
};

/** Where Nest tells of every module and route at start, which few want to read, and of what `main.ts` says in one line. */
const START_UP_CONTEXTS = new Set<unknown>([
  'ExceptionHandler',
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's own log lines, and those of every `Logger` from Nest, as lines of the log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log = this.writer('info');
  warn = this.writer('warn');
  error = this.writer('error');
  fatal = this.writer('fatal');
  debug = this.writer('debug');
  verbose = this.writer('trace');

  /** The last parameter is the context by Nest's convention; before it, for errors, a stack may stand. */
  private writer(of: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') {
    return (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const level = START_UP_CONTEXTS.has(context) ? 'debug' : of;
      const stack = rest.length > 1 ? rest[0] : undefined;
      if (message instanceof Error) return this.logger[level]({ context, err: message }, message.message);
      if (typeof message !== 'object' || message === null)
        return this.logger[level]({ context, stack }, String(message));
      const { message: text, ...fields } = message as { message?: string };
      this.logger[level]({ context, ...fields }, text);
    };
  }
}
