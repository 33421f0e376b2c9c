import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource } from 'typeorm';
import { Clock } from '../../src/config/clock.js';
import type { Service } from './service.js';

const byTimer = new AsyncLocalStorage<true>();
const { setInterval } = globalThis;

// Marks the work of a service's timers, which runs at any time and belongs to no request.
globalThis.setInterval = ((act: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
  setInterval(() => byTimer.run(true, act, ...given), ms)) as typeof setInterval;

/**
 * The statements that a service sends to its store from now on; the list grows while it runs.
 * @param timersToo includes those of its timers
 */
export function recordStatements({ app }: Service, timersToo = false): string[] {
  const statements: string[] = [];
  const logQuery = (statement: string): void => {
    if (timersToo || !byTimer.getStore()) statements.push(statement);
  };
  Object.assign(app.get(DataSource).logger, { logQuery });
  return statements;
}

/** Does something while a service's clock stands still: on a busy machine, requests that belong together take seconds. */
export async function atOneTime<T>({ app }: Service, act: () => Promise<T>): Promise<T> {
  const clock = app.get(Clock);
  const nowMs = clock.nowMs();
  Object.assign(clock, { nowMs: () => nowMs });
  try {
    return await act();
  } finally {
    Reflect.deleteProperty(clock, 'nowMs');
  }
}
