import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { emptyFolder, type ServiceProcess, startProcess } from './process.js';

/** The files of a database that outlive a power cut. */
const FILES = ['latchkey.db', 'latchkey.db-wal'];

/** What a process did to a file: wrote to it, cut it, or had what was written brought to the disk. */
type Step =
  | { readonly file: string; readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly file: string; readonly kind: 'cut'; readonly at: number }
  | { readonly file: string; readonly kind: 'sync' };

/** Which steps since a file's last sync had reached the disk, though nobody had asked for it. */
export type Reached = (step: Step) => 'yes' | 'no' | 'half';

/** Whether this machine lets a test see the system calls of a process that it starts. */
export function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A service whose writes to its database are recorded. */
export interface TracedService {
  readonly service: ServiceProcess;
  /** Ends it at once, and tells what it did. */
  readonly kill: () => Promise<Step[]>;
}

/** Starts a service in a folder and records what it does to its files. */
export async function startTraced(folder: string, env: Readonly<Record<string, string>>): Promise<TracedService> {
  const trace = join(emptyFolder(), 'trace');
  const calls = 'trace=pwrite64,ftruncate,fsync,fdatasync';
  const options = ['-ff', '--seccomp-bpf', '-y', '-xx', '-s', '65536', '-e', calls, '-e', 'signal=none', '-o', trace];
  const service = startProcess(folder, env, { under: ['strace', ...options] });
  await service.listening;
  // SQLite works on the main thread, whose id is the process's.
  const [pid] = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8').split(' ');
  return {
    service,
    kill: async () => {
      process.kill(Number(pid), 'SIGKILL');
      await service.ended;
      return readFileSync(`${trace}.${pid}`, 'latin1').split('\n').flatMap(stepOf);
    },
  };
}

const CALL = /^(pwrite64|ftruncate|fsync|fdatasync)\(\d+<([^>]*)>(?:, (?:"([^"]*)", )?(\d+)(?:, (\d+))?)?\) += \d+$/;

function stepOf(line: string): Step[] {
  const [, call, path = '', text = '', first, second] = CALL.exec(line) ?? [];
  const file = basename(bytesOf(path).toString());
  if (!FILES.includes(file)) return [];
  if (call === 'pwrite64') return [{ file, kind: 'write', at: Number(second), bytes: bytesOf(text) }];
  return call === 'ftruncate' ? [{ file, kind: 'cut', at: Number(first) }] : [{ file, kind: 'sync' }];
}

/** The bytes of `\x61\x62`. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

/**
 * Makes a folder as a power cut leaves it: the files of before with what was done to them up to their last sync, and
 * what else had reached the disk.
 */
export function afterPowerCut(before: string, steps: readonly Step[], reached: Reached = () => 'no'): string {
  const folder = join(emptyFolder(), 'data');
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(join(before, 'secret'), join(folder, 'secret'));
  for (const file of FILES) {
    const done = steps.filter((step) => step.file === file);
    const synced = done.findLastIndex(({ kind }) => kind === 'sync');
    const path = join(before, file);
    const first: Buffer = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const bytes = done.reduce<Buffer>((all, step, i) => {
      const how = i <= synced ? 'yes' : reached(step);
      return how === 'no' ? all : applied(all, step, how === 'half');
    }, first);
    if (bytes.length > 0) writeFileSync(join(folder, file), bytes, { mode: 0o600 });
  }
  return folder;
}

function applied(all: Buffer, step: Step, isHalf: boolean): Buffer {
  if (step.kind === 'sync') return all;
  if (step.kind === 'cut') return all.subarray(0, step.at);
  const bytes = isHalf ? step.bytes.subarray(0, step.bytes.length / 2) : step.bytes;
  const grown = Buffer.alloc(Math.max(all.length, step.at + bytes.length));
  all.copy(grown);
  bytes.copy(grown, step.at);
  return grown;
}
