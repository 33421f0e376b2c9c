import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { sized } from '../runner/size.js';
import { MAIN } from './built.js';
import { recordLog } from './logs.js';
import { freePort as freePortNumber } from './ports.js';

/** The built service as a process of its own. */
export interface ServiceProcess {
  readonly pid: number;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Where its metrics are, if `METRICS_PORT` is set. */
  readonly metricsUrl: string;
  /** Its standard output so far, line by line. */
  readonly output: string[];
  /** Its standard error output so far. */
  readonly errors: () => string;
  /** Fulfilled when it listens; rejected if it ends before. */
  readonly listening: Promise<void>;
  /** Fulfilled when it has ended, with its exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
}

/** Takes what is to be done at the end: of the test, if nothing else is said. */
export type AtEnd = (end: () => void) => void;

/** How a process is started. */
export interface ProcessOptions {
  readonly atEnd?: AtEnd;
  /** A command with its arguments that runs Node.js and shows what it does. */
  readonly under?: readonly string[];
  /** The descriptor of what takes standard output. Nothing is read from it, and `listening` is never fulfilled. */
  readonly stdout?: number;
}

/** More room for young objects saves a start an eighth of its time, as garbage is collected less often. */
const V8_OPTIONS = sized({ small: ['--min-semi-space-size=16'], full: [] });

/** Node's options for processes: in a small run they hash at bcrypt's lowest cost. */
export const NODE_OPTIONS = sized({ small: `--require="${resolve('test/support/cheap-bcrypt.cjs')}"`, full: '' });

/**
 * Starts `dist/main.js` in a folder, with no environment but the given one and `NODE_OPTIONS`, without metrics
 * unless it says so. At the end it is gone.
 */
export function startProcess(
  folder: string,
  env: Readonly<Record<string, string>>,
  { atEnd = onTestFinished, under = [], stdout }: ProcessOptions = {},
): ServiceProcess {
  const [command = process.execPath, ...parameters] = under;
  const node = under.length > 0 ? [process.execPath] : [];
  const child = spawn(command, [...parameters, ...node, ...V8_OPTIONS, MAIN], {
    cwd: folder,
    // Of those that run at once, one would have the default port.
    env: { NODE_OPTIONS, METRICS_PORT: 'off', ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  });
  atEnd(() => {
    child.kill('SIGKILL');
  });
  const output: string[] = [];
  const log: string[] = [];
  const overLog = recordLog(`process ${child.pid} at port ${env.PORT}`, log);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
    log.push(chunk.toString());
  });
  const ended = endOf(child);
  void ended.then(overLog);
  const listening = new Promise<void>((listens, fails) => {
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => {
        output.push(line);
        log.push(line);
        if (line.includes(' is listening at ')) listens();
      });
    void ended.then((code) => fails(new Error(`It ended with ${code}: ${errors}`)));
  });
  listening.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${env.PORT}`,
    metricsUrl: `http://127.0.0.1:${env.METRICS_PORT}/metrics`,
    output,
    errors: () => errors,
    listening,
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals];
  return code ?? signal;
}

/** A folder that is removed at the end. */
export function emptyFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A port that nobody listens on, as a setting. */
export async function freePort(): Promise<string> {
  return String(await freePortNumber());
}
