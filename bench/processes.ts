import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../test/support/ports.js';

/** How many ticks of processor time Linux counts in a second (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** How long it waits between one look at whether a server answers and the next, in milliseconds. */
const LOOK_MS = 2;

type Environment = Readonly<Record<string, string>>;

/** A server as a process. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** How a server is started: it listens at `PORT`. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder?: string;
  readonly env?: Environment;
  /** A path that it answers, whatever it answers. */
  readonly answers: string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill();
});

/** Starts a server and waits for its first answer; it ends with this process at the latest. @throws {Error} if it ends instead */
export async function startServer({ command, args, folder, env, answers }: ServerCommand): Promise<RunningServer> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}${answers}`).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`${command} ${args.join(' ')} ended with ${child.exitCode}.`);
    await wait(LOOK_MS);
  }
  return {
    pid: child.pid as number,
    port,
    url,
    startMs: performance.now() - startedAtMs,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Starts `dist/main.js` and waits for its first answer. */
export function startService(folder: string, env: Environment): Promise<RunningServer> {
  const args = [resolve('dist/main.js')];
  return startServer({
    command: process.execPath,
    args,
    folder,
    env: { LOG_LEVEL: 'warn', ...env },
    answers: '/health',
  });
}

/** What the command line prints, line by line. */
export async function commandLine(folder: string, env: Environment, ...args: string[]): Promise<string[]> {
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

function timesOf(path: number | string): Times {
  // The name, in parentheses, may hold anything (proc(5)).
  const fields = readFileSync(`/proc/${path}/stat`, 'utf8')
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

/** What the main thread of a process has spent so far on a core, and waiting for one that was busy, in seconds. */
export function mainThreadSeconds(pid: number): { readonly ran: number; readonly waited: number } {
  // In nanoseconds (Documentation/scheduler/sched-stats.rst).
  const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return { ran: (ran as number) / 1e9, waited: (waited as number) / 1e9 };
}

/** Memory that a process holds, in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
