import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

const PACKAGE = new URL('../../package.json', import.meta.url);

let registry: Registry | undefined;

/**
 * What is measured of the process itself: memory, processor time, event-loop lag, garbage collection, and what it runs. Its
 * observers cannot be taken off again, so there is one set of them a process, however many services start in it.
 */
export function processMetrics(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  new Gauge({
    name: 'latchkey_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version, node_version: process.version }, 1);
  return registry;
}
