/**
 * The limit of what a password costs: native bcrypt and nothing else, in two threads. Told `verify 4000` on its standard
 * input, it compares for so many milliseconds, and answers how often and in how many seconds. Plain JavaScript, which threads
 * load as it is.
 */
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/bcrypt';

const THREADS = 2;
const PASSWORD = 'Secret1234';
const COST = 10;

if (isMainThread) lead();
else follow();

function lead() {
  const threads = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url)));
  const ask = (thread, line) =>
    new Promise((resolve) => {
      thread.once('message', resolve);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows have
      thread.postMessage(line);
    });
  createInterface(process.stdin).on('line', async (line) => {
    const startedAtMs = performance.now();
    const counts = await Promise.all(threads.map((thread) => ask(thread, line)));
    const completed = counts.reduce((sum, count) => sum + count);
    process.stdout.write(`${JSON.stringify({ completed, seconds: (performance.now() - startedAtMs) / 1000 })}\n`);
  });
}

function follow() {
  const stored = hashSync(PASSWORD, COST);
  const acts = { hash: () => hashSync(PASSWORD, COST), verify: () => verifySync(PASSWORD, stored) };
  parentPort.on('message', (line) => {
    const [kind, ms] = line.split(' ');
    const startedAtMs = performance.now();
    let count = 0;
    while (performance.now() - startedAtMs < Number(ms)) {
      acts[kind]();
      count++;
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows have
    parentPort.postMessage(count);
  });
}
