import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { type Figure, figure, only } from '../figure.js';
import { residentMegabytes, startService } from '../processes.js';
import { spreadOf } from '../statistics.js';
import { SETTINGS, Store } from '../store/store.js';
import type { Group, GroupResult } from './group.js';
import { MILLION } from './growth.js';

const EMPTY_MS = 1200;
const LARGE_MS = 2000;
const IDLE_MEGABYTES = 120;

/** How long a service settles before its memory is read, in milliseconds. */
const SETTLING_MS = 2000;

/** How long a start takes, and what a service holds that nobody has asked yet. */
export const START: Group = {
  name: 'start',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    const figures = await measureStarts(bench, 'empty', EMPTY_MS, () => mkdtempSync(join(bench.folder, 'empty-')));
    if (!bench.thoroughness.isQuick) {
      const { folder } = await Store.of(MILLION);
      figures.push(
        ...(await measureStarts(bench, 'a million accounts, 100,000 sessions revoked', LARGE_MS, () => folder)),
      );
    }
    const how = 'VmRSS of the service that the groups before have loaded';
    figures.push(
      figure({
        name: 'memory at the end of this run',
        unit: 'MB',
        value: only(residentMegabytes(bench.service.pid)),
        how,
      }),
    );
    return { figures };
  },
};

async function measureStarts(bench: Bench, on: string, atMost: number, folder: () => string): Promise<Figure[]> {
  const starts: number[] = [];
  const memories: number[] = [];
  for (let round = 0; round < bench.thoroughness.rounds; round++) {
    const DATA_DIR = folder();
    const service = await startService(DATA_DIR, { ...SETTINGS, DATA_DIR });
    starts.push(service.startMs);
    // A start says as much about memory as five do.
    if (round === 0) await wait(SETTLING_MS).then(() => memories.push(residentMegabytes(service.pid)));
    await service.stop();
  }
  const how = 'from the start of the process to the first answer of /health';
  const idle = on === 'empty' ? { atMost: IDLE_MEGABYTES } : {};
  return [
    figure({ name: `start to first answer, ${on}`, unit: 'ms', value: spreadOf(starts), how, atMost }),
    figure({
      name: `memory idle, ${on}`,
      unit: 'MB',
      value: spreadOf(memories),
      how: 'VmRSS two seconds later',
      ...idle,
    }),
  ];
}
