import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { VERSION } from '../config/version.js';

let registry: Registry | undefined;

/**
 * What is measured of the process itself: memory, processor time, event-loop lag, garbage collection, and what it runs. Its
 * observers cannot be taken off again, so there is one set of them a process, however many services start in it.
 */
export function processMetrics(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'latchkey_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version: VERSION, node_version: process.version }, 1);
  return registry;
}
