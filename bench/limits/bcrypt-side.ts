import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Bench } from '../bench.js';
import { type Round, type Side, spending } from '../contest.js';

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Machine code has nothing to warm up but its threads. */
const WARM_UP_MS = 300;

/** Native bcrypt alone as one of those that are compared, in a process of its own until the run is over. */
export function bcryptSide(bench: Bench, name: string, kind: 'hash' | 'verify'): Side {
  const child: Child = spawn(process.execPath, ['bench/limits/bcrypt.mjs'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  bench.atEnd(() => child.kill());
  const run = (ms: number): Promise<Round> => spending(child.pid as number, () => ask(child, lines, `${kind} ${ms}`));
  const { roundMs } = bench.thoroughness.hashing;
  return {
    name,
    does: `bcrypt cost 10 (@node-rs/bcrypt, ${kind}) in two threads, nothing else`,
    warmUp: async () => void (await run(WARM_UP_MS)),
    round: async () => ({ ...(await run(roundMs)), main: undefined }),
  };
}

function ask(child: Child, lines: Interface, line: string): Promise<{ completed: number; seconds: number }> {
  return new Promise((resolve, reject) => {
    lines.once('line', (answer) => resolve(JSON.parse(answer) as { completed: number; seconds: number }));
    child.once('exit', () => reject(new Error('The process that hashes has ended.')));
    child.stdin.write(`${line}\n`);
  });
}
