import { AsyncLocalStorage } from 'node:async_hooks';
import { DataSource } from 'typeorm';
import { SessionActivity } from '../../src/auth/sessions/session-activity.js';
import { Clock } from '../../src/config/clock.js';
import { Sql } from '../../src/database/sql.js';
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
export async function atOneTime<T>(service: Service, act: () => Promise<T>): Promise<T> {
  return whileAt(service, service.app.get(Clock).nowMs(), act);
}

/**
 * Sets a service's clock to a time in milliseconds and does something before it goes on from there: what ends at a stored
 * time is told to the millisecond, however long the requests take.
 */
export async function atTime<T>(service: Service, ms: number, act: () => Promise<T>): Promise<T> {
  const clock = service.app.get(Clock);
  clock.offsetMs += ms - clock.nowMs();
  return whileAt(service, ms, act);
}

/**
 * As `atOneTime`, once the last uses of all sessions are written: a list of them does not change by being asked for.
 * @param use a use of the session that asks
 */
export async function atOneUse<T>(service: Service, use: () => Promise<unknown>, act: () => Promise<T>): Promise<T> {
  return atOneTime(service, async () => {
    await use();
    await service.app.get(SessionActivity).flush();
    return act();
  });
}

async function whileAt<T>({ app }: Service, ms: number, act: () => Promise<T>): Promise<T> {
  const [clock, sql] = [app.get(Clock), app.get(Sql)];
  const bound = sql.bound.bind(sql);
  // PostgreSQL would go by a clock of its own.
  const at = (_now: string, later = '0'): string =>
    `'${new Date(ms + Number(later) * 1000).toISOString()}'::timestamptz`;
  Object.assign(clock, { nowMs: () => ms });
  if (sql.isPostgres)
    Object.assign(sql, {
      bound: (statement: string, parameters: Parameters<typeof bound>[1]) =>
        bound(statement.replace(/\{now([+-]\d+)?\}/g, at), parameters),
    });
  try {
    return await act();
  } finally {
    Reflect.deleteProperty(clock, 'nowMs');
    Reflect.deleteProperty(sql, 'bound');
  }
}
