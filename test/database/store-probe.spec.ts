import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Sql } from '../../src/database/sql.js';
import { StoreProbe } from '../../src/database/store-probe.js';

/** Longer than a probe waits, in milliseconds. */
const LONG_MS = 1100;

/** Stops this thread, as a busy machine does. */
function pauseAll(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const probeOf = (answer: () => Promise<unknown>): StoreProbe => new StoreProbe({ rows: answer } as unknown as Sql);

describe('A probe of the store', () => {
  it('counts an answer that came while the whole process stood still', async () => {
    // Its answer comes from another thread, and is read as one from a socket is.
    const probe = probeOf(() => stat('.'));
    const asked = Promise.all([probe.isReachable(), probe.demandReachable().then(() => true)]);
    pauseAll(LONG_MS);
    expect(await asked).toEqual([true, true]);
  });

  it('waits a second for a store that does not answer', async () => {
    const probe = probeOf(() => new Promise(() => undefined));
    const startedAtMs = performance.now();
    expect(await probe.isReachable()).toBe(false);
    expect(performance.now() - startedAtMs).toBeGreaterThan(990);
    await expect(probe.demandReachable()).rejects.toThrow('in time');
  });
});
