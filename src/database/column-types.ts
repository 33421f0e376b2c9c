import { type DataSourceOptions, getMetadataArgsStorage, type QueryRunner } from 'typeorm';

/** The column types that the engines name differently. */
const COLUMN_TYPES = {
  'better-sqlite3': { uuid: 'varchar', time: 'datetime', bigint: 'integer' },
  postgres: { uuid: 'uuid', time: 'timestamp with time zone', bigint: 'bigint' },
} as const;

/** The engines that Latchkey stores in, by TypeORM's names. */
export type Engine = keyof typeof COLUMN_TYPES;

/** The column types of the database that a migration runs on. */
export function columnTypes(runner: QueryRunner): (typeof COLUMN_TYPES)[Engine] {
  return COLUMN_TYPES[runner.dataSource.options.type as Engine];
}

/** The entity column types that stand for a type of the engine's. */
const STANDING_FOR = new Map<unknown, 'time' | 'bigint'>([
  [Date, 'time'],
  [Number, 'bigint'],
]);

/**
 * Gives every entity column declared as `Date` the engine's type with a time zone, and every one declared as `Number` a
 * whole number of 64 bits. Entities are decorated before the engine is known, and no name of either type is accepted by both.
 */
export function adaptColumns(engine: DataSourceOptions['type']): void {
  for (const { options } of getMetadataArgsStorage().columns) {
    const type = adapted.get(options) ?? STANDING_FOR.get(options.type);
    if (!type) continue;
    adapted.set(options, type);
    options.type = COLUMN_TYPES[engine as Engine][type];
  }
}

const adapted = new WeakMap<object, 'time' | 'bigint'>();
