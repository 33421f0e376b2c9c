import { Table, type TableColumnOptions, type TableIndexOptions } from 'typeorm';

type Column = Omit<TableColumnOptions, 'name'>;

interface TableShape {
  readonly columns: Record<string, Column>;
  readonly unique?: string[][];
  readonly indices?: string[][];
}

/** A table with its indices, named alike on both engines. */
export function table(name: string, { columns, unique = [], indices = [] }: TableShape): Table {
  return new Table({
    name,
    columns: Object.entries(columns).map(([column, options]) => ({ name: column, ...options })),
    indices: [
      ...unique.map((columnNames) => ({
        name: `${name}_${columnNames.join('_')}_unique`,
        columnNames,
        isUnique: true,
      })),
      ...indices.map((columnNames) => index(name, columnNames)),
    ],
  });
}

/** An index on columns of a table. */
export function index(table: string, columnNames: string[]): TableIndexOptions {
  return { name: `${table}_${columnNames.join('_')}_index`, columnNames };
}

/** A column that may be null. */
export function optional(type: string): Column {
  return { type, isNullable: true };
}
