import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { Clock } from '../config/clock.js';
import { traced } from '../tracing/traced.js';

/** A value that a statement takes; a `Date` is a point in time. */
export type SqlValue = string | number | boolean | Date | null;

type Parameters = Readonly<Record<string, SqlValue>>;

/** A statement as the engine's driver takes it. */
export interface BoundStatement {
  readonly text: string;
  readonly values: SqlValue[];
}

const TOKENS = /\{now([+-]\d+)?\}|::[a-z]+|:([a-z]\w*)/gi;

/**
 * Runs statements that TypeORM's query builder cannot say, written once for both engines: `:name` is a parameter, a
 * `::type` behind it is for PostgreSQL alone, and `{now}` is the database's clock in milliseconds (on SQLite, whose
 * clock is this process's, the injected one), `{now+60}` a minute later, `{now-60}` a minute before.
 */
@Injectable()
export class Sql {
  readonly isPostgres: boolean;
  /** As OpenTelemetry's semantic conventions call it. */
  private readonly system: 'postgresql' | 'sqlite';

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    this.isPostgres = dataSource.options.type === 'postgres';
    this.system = this.isPostgres ? 'postgresql' : 'sqlite';
  }

  /** The rows that a statement selects or returns. A write without RETURNING has none. */
  async rows<Row>(statement: string, parameters: Parameters = {}): Promise<Row[]> {
    return this.withRunner((runner) => this.run<Row>(runner, statement, parameters));
  }

  /** As `rows`, one such statement about a kind of thing after the other on all instances. SQLite runs one at a time. */
  async rowsInTurn<Row>(about: number, statement: string, parameters: Parameters): Promise<Row[]> {
    if (!this.isPostgres) return this.rows(statement, parameters);
    return this.underLock(async (runner) => {
      await runner.query('SELECT pg_advisory_xact_lock($1, 0)', [about]);
      return this.run<Row>(runner, statement, parameters);
    });
  }

  /**
   * As `rows`, but none if such a statement about the same thing is under way on any instance: for conditions that must
   * see what that one writes. SQLite runs one statement at a time.
   * @param about a kind of thing, and which of them
   */
  async rowsUnlessUnderWay<Row>(
    about: readonly [kind: number, id: number],
    statement: string,
    parameters: Parameters,
  ): Promise<Row[]> {
    if (!this.isPostgres) return this.rows(statement, parameters);
    return this.underLock(async (runner) => {
      const lock = await runner.query('SELECT pg_try_advisory_xact_lock($1, $2) AS taken', [...about], true);
      if (!(lock as { records: { taken: boolean }[] }).records[0]?.taken) return [];
      return this.run<Row>(runner, statement, parameters);
    });
  }

  /**
   * As `rows` with `RETURNING`, and every connection that listens to the channel hears each row, as JSON, once it is
   * committed. SQLite has no listeners.
   */
  async rowsAnnounced<Row>(channel: string, statement: string, parameters: Parameters): Promise<Row[]> {
    if (!this.isPostgres) return this.rows(statement, parameters);
    const announced = `SELECT done.*, pg_notify('${channel}', row_to_json(done)::text) FROM done`;
    return this.rows(`WITH done AS (${statement}) ${announced}`, parameters);
  }

  /** A statement with its parameters as this engine's driver takes them. */
  bound(statement: string, parameters: Parameters = {}): BoundStatement {
    const values: SqlValue[] = [];
    const text = statement.replace(TOKENS, (token, later: string | undefined, name: string | undefined) => {
      if (token.startsWith('{')) return this.nowInto(values, Number(later ?? 0) * 1000);
      if (name === undefined) return this.isPostgres ? token : '';
      return this.bind(values, parameters[name] as SqlValue);
    });
    return { text, values };
  }

  private async withRunner<T>(act: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await act(runner);
    } finally {
      await runner.release();
    }
  }

  /** PostgreSQL's locks of a transaction rather than of a session, which a pooler in between may share out. */
  private async underLock<Row>(act: (runner: QueryRunner) => Promise<Row[]>): Promise<Row[]> {
    return this.withRunner(async (runner) => {
      await runner.query('BEGIN');
      try {
        const rows = await act(runner);
        await runner.query('COMMIT');
        return rows;
      } catch (error) {
        await runner.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  private async run<Row>(runner: QueryRunner, statement: string, parameters: Parameters): Promise<Row[]> {
    const { text, values } = this.bound(statement, parameters);
    const answer = await traced(this.system, { 'db.system.name': this.system, 'db.query.text': text }, () =>
      runner.query(text, values, true),
    );
    return (answer as { records: Row[] }).records;
  }

  private bind(bound: SqlValue[], value: SqlValue): string {
    bound.push(value instanceof Date && !this.isPostgres ? sqliteTime(value) : value);
    return this.isPostgres ? `$${bound.length}` : '?';
  }

  private nowInto(bound: SqlValue[], laterMs: number): string {
    if (!this.isPostgres) return this.bind(bound, new Date(this.clock.nowMs() + laterMs));
    const aheadMs = this.clock.offsetMs + laterMs;
    const ahead = aheadMs === 0 ? '' : ` + interval '${aheadMs} milliseconds'`;
    return `date_trunc('milliseconds', clock_timestamp()${ahead})`;
  }
}

/** A time as TypeORM stores it in SQLite, so that texts compare as the times do. */
function sqliteTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '');
}

/** A time column of a raw row. */
export function timeOf(column: string | Date): Date {
  return column instanceof Date ? column : new Date(`${column.replace(' ', 'T')}Z`);
}
