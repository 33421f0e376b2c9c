import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../test/support/ports.js';

/** How many ticks of processor time Linux counts in a second (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** The built service as a process. */
export interface RunningService {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Starts `dist/main.js` and waits for its first answer. */
export async function startService(folder: string, env: Readonly<Record<string, string>>): Promise<RunningService> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [resolve('dist/main.js')], {
    cwd: folder,
    env: { PORT: String(port), LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health`).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}.`);
  }
  return {
    pid: child.pid as number,
    url,
    startMs: performance.now() - startedAtMs,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** What the command line prints, line by line. */
export async function commandLine(
  folder: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<string[]> {
  const child = spawn(process.execPath, [resolve('bin/latchkey.js'), ...args], { cwd: folder, env });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await once(child, 'close');
  return lines;
}

interface Times {
  readonly parent: number;
  /** Of the process itself. */
  readonly own: number;
  /** Of its children that have ended. */
  readonly ofEnded: number;
}

function timesOf(pid: number | string): Times {
  // The name, in parentheses, may hold anything (proc(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((index) => fields[index] as number);
  return { parent: parent!, own: user! + system!, ofEnded: endedUser! + endedSystem! };
}

/** Processor time that a process and its children have spent so far, in seconds. */
export function processorSeconds(pid: number): number {
  const { own, ofEnded } = timesOf(pid);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [timesOf(name)];
      } catch {
        return [];
      }
    })
    .filter(({ parent }) => parent === pid);
  const ticks = children.reduce((sum, child) => sum + child.own + child.ofEnded, own + ofEnded);
  return ticks / TICKS_PER_SECOND;
}

/** Memory that a process holds, in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
