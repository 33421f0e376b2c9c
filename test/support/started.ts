import { join } from 'node:path';
import { expect } from 'vitest';
import { SIZE } from '../runner/size.js';
import { freePort, startProcess } from './process.js';
import { type Environment, startService } from './service.js';

/** A service that a test needs no process for, or one that runs in one. */
export interface StartedService {
  readonly url: string;
  /** Ends it as SIGTERM does. */
  stop(): Promise<void>;
}

/**
 * Starts a service on the `data` folder of a folder: the built one as a process at full size, in this process at the small
 * one. Whoever starts it stops it.
 */
export async function startIn(folder: string, env: Environment): Promise<StartedService> {
  if (SIZE === 'small') return startService({ ...env, DATA_DIR: join(folder, 'data') });
  const service = startProcess(folder, { PORT: await freePort(), ...env });
  await service.listening;
  return {
    url: service.url,
    stop: async () => {
      service.kill('SIGTERM');
      expect(await service.ended).toBe(0);
      expect(service.errors()).toBe('');
    },
  };
}
