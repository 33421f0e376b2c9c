import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { type DataSource, QueryFailedError } from 'typeorm';
import type { BusyQueue } from './busy-queue.js';
import { EmbeddedRunner } from './embedded-runner.js';

/** How many statements are kept prepared. There are some fifty, and those with lists come in many lengths. */
export const KEPT = 200;

/** A value that it takes. */
export type EmbeddedValue = string | number | null;

/**
 * Runs statements on the embedded database by its own driver, prepared once. TypeORM's runner makes each of them a runner,
 * a broadcast and three promises, and prepares it anew: 60 µs for a row that takes SQLite 5.
 */
export class EmbeddedStatements {
  private readonly prepared = new LRUCache<string, Statement<EmbeddedValue[]>>({ max: KEPT });

  private readonly busy: BusyQueue;

  constructor(private readonly dataSource: DataSource) {
    this.busy = EmbeddedRunner.of(dataSource).busy;
  }

  /** The rows that a statement selects or returns. @throws {QueryFailedError} as TypeORM's runner does */
  async rows<Row>(text: string, values: EmbeddedValue[]): Promise<Row[]> {
    this.dataSource.logger.logQuery(text, values);
    return this.busy.run(text, () => this.run<Row>(text, values));
  }

  private run<Row>(text: string, values: EmbeddedValue[]): Row[] {
    try {
      const statement = this.statement(text);
      if (statement.reader) return statement.all(...values) as Row[];
      statement.run(...values);
      return [];
    } catch (error) {
      throw new QueryFailedError(text, values, error as Error);
    }
  }

  private statement(text: string): Statement<EmbeddedValue[]> {
    const known = this.prepared.get(text);
    if (known) return known;
    // The types of the driver tell of no connection.
    const { databaseConnection } = this.dataSource.driver as unknown as { databaseConnection: Database };
    const statement = databaseConnection.prepare<EmbeddedValue[]>(text);
    this.prepared.set(text, statement);
    return statement;
  }
}
