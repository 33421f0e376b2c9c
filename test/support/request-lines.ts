import { expect } from 'vitest';
import type { LogLine, Service } from './service.js';

/** Lines of a request in the log, once there are some: they are written when the connection is done with it. */
export async function requestLines({ log }: Pick<Service, 'log'>, id: string): Promise<LogLine[]> {
  const lines = (): LogLine[] => log.filter((line) => line.id === id);
  await expect.poll(lines).not.toEqual([]);
  return lines();
}
