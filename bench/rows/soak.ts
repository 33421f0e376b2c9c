import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { type Figure, figure, only } from '../figure.js';
import type { RunOptions } from '../load/load.js';
import { residentMegabytes } from '../processes.js';
import { spreadOf } from '../statistics.js';
import type { GroupResult } from './group.js';
import { signInsOf } from './passwords.js';
import { refreshesOf } from './refresh.js';
import { protectedRoutes, storeRoutes } from './routes.js';

/** How often memory is read, in milliseconds. */
const LOOK_MS = 2000;

/** Memory may be so much more in the last quarter than in the second, as a ratio of medians: flat, but for noise. */
const FLAT = 1.05;

const REFRESH: RunOptions = { connections: 2, everyMs: 20 };
const REFRESHES_A_MINUTE = 6000;

/** Memory under minutes of mixed load: protected requests, checks in the store, refreshes and sign-ins at once. */
export async function soak(bench: Bench, minutes: number): Promise<GroupResult> {
  const { load, service, store } = bench;
  const ms = minutes * 60_000;
  const mix: [number, RunOptions][] = [
    ...[...protectedRoutes(store), ...storeRoutes(store)].map(({ requests }): [number, RunOptions] => [
      load.plan(requests),
      { connections: 4, everyMs: 8 },
    ]),
    [load.plan(refreshesOf(store, REFRESHES_A_MINUTE * minutes), 200, true), REFRESH],
    [load.plan(signInsOf(store)), { connections: 1, everyMs: 100 }],
  ];
  const loads = Promise.all(mix.map(([planId, options]) => load.run(planId, service.port, ms, options)));
  const megabytes: number[] = [];
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await Promise.race([wait(LOOK_MS), loads]);
    megabytes.push(residentMegabytes(service.pid));
  }
  const requests = (await loads).reduce((sum, { completed }) => sum + completed, 0);
  return { figures: figuresOf(megabytes, minutes, requests) };
}

function figuresOf(megabytes: readonly number[], minutes: number, requests: number): Figure[] {
  const quarter = Math.ceil(megabytes.length / 4);
  const [second, last] = [megabytes.slice(quarter, 2 * quarter), megabytes.slice(-quarter)];
  const how = `VmRSS every ${LOOK_MS / 1000} s under ${requests} requests of every kind`;
  const growth = spreadOf(last).median / spreadOf(second).median;
  return [
    figure({
      name: `memory in the last quarter of ${minutes} minutes of mixed load`,
      unit: 'MB',
      value: spreadOf(last),
      how,
    }),
    figure({ name: 'memory, last quarter / second quarter', unit: '', value: only(growth), how, atMost: FLAT }),
  ];
}
