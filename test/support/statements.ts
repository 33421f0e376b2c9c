import { DataSource } from 'typeorm';
import type { Service } from './service.js';

/** The statements that a service sends to its store from now on; the list grows while it runs. */
export function recordStatements({ app }: Service): string[] {
  const statements: string[] = [];
  Object.assign(app.get(DataSource).logger, { logQuery: (statement: string) => void statements.push(statement) });
  return statements;
}
