import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource, type QueryRunner } from 'typeorm';
import { Clock } from '../config/clock.js';
import { traced } from '../tracing/traced.js';
import { EmbeddedStatements, type EmbeddedValue, KEPT } from './embedded-statements.js';

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
  private readonly embedded: EmbeddedStatements | undefined;
  private readonly compiled = new LRUCache<string, CompiledStatement>({ max: KEPT });
  /** As OpenTelemetry's semantic conventions call it. */
  private readonly system: 'postgresql' | 'sqlite';

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    this.isPostgres = dataSource.options.type === 'postgres';
    this.embedded = this.isPostgres ? undefined : new EmbeddedStatements(dataSource);
    this.system = this.isPostgres ? 'postgresql' : 'sqlite';
  }

  /** The rows that a statement selects or returns. A write without RETURNING has none. */
  async rows<Row>(statement: string, parameters: Parameters = {}): Promise<Row[]> {
    const { embedded } = this;
    if (!embedded) return this.withRunner((runner) => this.run<Row>(runner, statement, parameters));
    const { text, values } = this.bound(statement, parameters);
    return this.traced(text, () => embedded.rows<Row>(text, values as EmbeddedValue[]));
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
   * A statement with `RETURNING` that also sends each row, as JSON, to every connection that listens to the channel, once
   * it is committed. SQLite has no listeners.
   */
  announced(channel: string, statement: string): string {
    if (!this.isPostgres) return statement;
    return `WITH done AS (${statement}) SELECT done.*, pg_notify('${channel}', row_to_json(done)::text) FROM done`;
  }

  /** A statement with its parameters as this engine's driver takes them. */
  bound(statement: string, parameters: Parameters = {}): BoundStatement {
    if (!this.isPostgres) return this.boundEmbedded(statement, parameters);
    const values: SqlValue[] = [];
    const text = statement.replace(TOKENS, (token, later: string | undefined, name: string | undefined) => {
      if (token.startsWith('{')) return this.now(Number(later ?? 0) * 1000);
      if (name === undefined) return token;
      values.push(parameters[name] as SqlValue);
      return `$${values.length}`;
    });
    return { text, values };
  }

  private boundEmbedded(statement: string, parameters: Parameters): BoundStatement {
    let compiled = this.compiled.get(statement);
    if (!compiled) this.compiled.set(statement, (compiled = compile(statement)));
    const nowMs = this.clock.nowMs();
    const values = compiled.places.map((place) =>
      typeof place === 'string' ? embeddedValue(parameters[place] as SqlValue) : sqliteTime(new Date(nowMs + place)),
    );
    return { text: compiled.text, values };
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
    const answer = await this.traced(text, () => runner.query(text, values, true));
    return (answer as { records: Row[] }).records;
  }

  private traced<T>(text: string, run: () => Promise<T>): Promise<T> {
    return traced(this.system, { 'db.system.name': this.system, 'db.query.text': text }, run);
  }

  private now(laterMs: number): string {
    const aheadMs = this.clock.offsetMs + laterMs;
    const ahead = aheadMs === 0 ? '' : ` + interval '${aheadMs} milliseconds'`;
    return `date_trunc('milliseconds', clock_timestamp()${ahead})`;
  }
}

/** A statement with its parameters' places: a name, or by how many milliseconds the time there is later than now. */
interface CompiledStatement {
  readonly text: string;
  readonly places: readonly (string | number)[];
}

/** A statement as SQLite reads it. */
function compile(statement: string): CompiledStatement {
  const places: (string | number)[] = [];
  const text = statement.replace(TOKENS, (token, later: string | undefined, name: string | undefined) => {
    if (!token.startsWith('{') && name === undefined) return '';
    places.push(name ?? Number(later ?? 0) * 1000);
    return '?';
  });
  return { text, places };
}

/** A value as its driver takes it. */
function embeddedValue(value: SqlValue): EmbeddedValue {
  if (value instanceof Date) return sqliteTime(value);
  return typeof value === 'boolean' ? Number(value) : value;
}

/** A time as TypeORM stores it in SQLite, so that texts compare as the times do. */
function sqliteTime(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}`;
}

/** A time column of a raw row. */
export function timeOf(column: string | Date): Date {
  return column instanceof Date ? column : new Date(`${column.replace(' ', 'T')}Z`);
}
