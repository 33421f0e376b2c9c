import { resolve } from 'node:path';
import type { Piscina } from 'piscina';
import type { HashingPool } from '../../src/users/hashing-pool.js';

const HELD_THREAD = resolve('test/support/held-thread.mjs');

/**
 * Gives the next hash to a thread that is busy with it until the test releases it: how long a real one takes, beside the
 * requests that a test makes meanwhile, is up to the machine.
 */
export function holdNextHash(pool: HashingPool): { readonly isHeld: () => boolean; readonly release: () => void } {
  const threads = Reflect.get(pool, 'pool') as Piscina;
  const gate = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const run = (): Promise<unknown> => {
    Reflect.deleteProperty(threads, 'run');
    return threads.run(gate, { filename: HELD_THREAD });
  };
  Object.defineProperty(threads, 'run', { value: run, configurable: true });
  return {
    isHeld: () => Atomics.load(gate, 1) === 1,
    release: () => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
  };
}
