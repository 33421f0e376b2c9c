import { send } from '../http.js';
import { NODE_OPTIONS, type ServiceProcess } from '../process.js';

/** What a process uses, in megabytes. */
export interface Memory {
  readonly heap: number;
  readonly resident: number;
}

/** The metrics that tell of it. */
const METRICS = { heap: 'nodejs_heap_size_used_bytes', resident: 'process_resident_memory_bytes' };

/** How often the metrics are read; the least counts, as each reading allocates too. */
const READINGS = 5;

/** Lets a process collect its garbage when it is told to; nothing else of it is changed. */
const COLLECTING = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  if (isMainThread) {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    process.on('SIGUSR2', () => collect());
  }
`)}`;

/** The environment of a process whose memory is to be told without its garbage. */
export const MEASURABLE = { NODE_OPTIONS: `${NODE_OPTIONS} --import=${COLLECTING}` };

/** What a process uses once its garbage is collected. */
export async function memoryOf(service: ServiceProcess): Promise<Memory> {
  const readings: Memory[] = [];
  for (let count = 0; count < READINGS; count++) {
    service.kill('SIGUSR2');
    const { text } = await send('GET', service.metricsUrl);
    readings.push({ heap: megabytes(text, METRICS.heap), resident: megabytes(text, METRICS.resident) });
  }
  return {
    heap: Math.min(...readings.map(({ heap }) => heap)),
    resident: Math.min(...readings.map(({ resident }) => resident)),
  };
}

function megabytes(text: string, name: string): number {
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`No ${name} among the metrics.`);
  return Number(value) / 2 ** 20;
}
