import { DataSource } from 'typeorm';
import { Clock } from '../../src/config/clock.js';
import type { Service } from './service.js';

/** The statements that a service sends to its store from now on; the list grows while it runs. */
export function recordStatements({ app }: Service): string[] {
  const statements: string[] = [];
  Object.assign(app.get(DataSource).logger, { logQuery: (statement: string) => void statements.push(statement) });
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
