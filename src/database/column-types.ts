import { type DataSourceOptions, getMetadataArgsStorage, type QueryRunner } from 'typeorm';

/** The column types that the engines name differently. */
const COLUMN_TYPES = {
  'better-sqlite3': { uuid: 'varchar', time: 'datetime' },
  postgres: { uuid: 'uuid', time: 'timestamp with time zone' },
} as const;

/** The engines that Latchkey stores in, by TypeORM's names. */
export type Engine = keyof typeof COLUMN_TYPES;

/** The column types of the database that a migration runs on. */
export function columnTypes(runner: QueryRunner): (typeof COLUMN_TYPES)[Engine] {
  return COLUMN_TYPES[runner.dataSource.options.type as Engine];
}

/**
 * Gives every entity column declared as `Date` the engine's type with a time zone. Entities are decorated before the
 * engine is known, and TypeORM knows no type for a point in time that both engines accept.
 */
export function adaptTimeColumns(engine: DataSourceOptions['type']): void {
  for (const { options } of getMetadataArgsStorage().columns) {
    if (timeColumns.has(options) || options.type === Date) {
      timeColumns.add(options);
      options.type = COLUMN_TYPES[engine as Engine].time;
    }
  }
}

const timeColumns = new WeakSet<object>();
