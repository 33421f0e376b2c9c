import { createRequire } from 'node:module';
import type { DestinationStream } from 'pino';
import type pretty from 'pino-pretty';

/** Control characters, but for tabs and ends of lines. What is in a line must not steer the terminal. */
// oxlint-disable-next-line eslint/no-control-regex -- they are what it looks for
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** Turns the lines of a log into text that people read, for a terminal. */
export function readableLines(terminal: DestinationStream): DestinationStream {
  // In this thread: a transport's worker could not be waited for at the end. It is loaded where there is a terminal only.
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof pretty;
  const textOf = prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
  return { write: (line) => terminal.write(textOf(readable(line))) };
}

function readable(line: string): object {
  const { msg, ...fields } = JSON.parse(line, harmless) as Record<string, unknown>;
  if (msg !== undefined) return { ...fields, msg };
  const { method, route, status, ms, ...others } = fields as Record<string, string | number | undefined>;
  return {
    ...others,
    msg: `${method ?? '(no request)'} ${route ?? '(no route)'} ${status ?? '(no answer)'} ${ms ?? '?'} ms`,
  };
}

/** Reads a value of a line. `undefined` takes what is null out of it. */
function harmless(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.replace(CONTROLS, (control) => escaped(control));
  return value ?? undefined;
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
