import { Injectable } from '@nestjs/common';
import { DataSource, type EntityMetadata, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { Sql, type SqlValue } from './sql.js';

/**
 * Reads and adds single rows on the paths that are taken most. A repository builds its statement anew for each, which takes
 * twenty times as long as to read the row, and five as to add it.
 */
@Injectable()
export class Rows {
  private readonly statements = new Map<string, string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly sql: Sql,
  ) {}

  /**
   * The row of an entity whose column has a value.
   * @param property the entity's name for a column with a unique index
   * @param olderValue another value that it may have; the row that has this one is preferred
   */
  async one<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    property: keyof Entity & string,
    value: SqlValue,
    olderValue?: SqlValue,
  ): Promise<Entity | undefined> {
    const { driver } = this.dataSource;
    const meta = this.dataSource.getMetadata(entity);
    const [of, select] = olderValue === undefined ? (['one', selectOne] as const) : (['either', selectEither] as const);
    const statement = this.statement(`${of} ${meta.tableName} ${property}`, () => select(meta, property));
    const [row] = await this.sql.rows<Record<string, unknown>>(statement, {
      value,
      ...(olderValue !== undefined && { olderValue }),
    });
    if (!row) return undefined;
    const found: ObjectLiteral = this.dataSource.manager.create(entity);
    for (const column of meta.columns)
      found[column.propertyName] = driver.prepareHydratedValue(row[column.databaseName], column) as unknown;
    return found as Entity;
  }

  /**
   * Adds a row, and tells the id that it gets.
   * @param values of every property of the entity but its id
   * @throws {QueryFailedError} as a repository does, if what is to be unique is there already
   */
  async add(entity: EntityTarget<ObjectLiteral>, values: Readonly<Record<string, SqlValue>>): Promise<number> {
    const meta = this.dataSource.getMetadata(entity);
    const statement = this.statement(`add ${meta.tableName}`, () => insertOne(meta));
    const [added] = await this.sql.rows<{ id: number }>(statement, values);
    return added!.id;
  }

  /** One text for each, as a text that is put together anew is also hashed anew, to find its prepared statement. */
  private statement(key: string, write: () => string): string {
    const known = this.statements.get(key);
    if (known) return known;
    const written = write();
    this.statements.set(key, written);
    return written;
  }
}

function selectOne(meta: EntityMetadata, property: string): string {
  return `SELECT * FROM ${meta.tableName} WHERE ${columnOf(meta, property)} = :value`;
}

function selectEither(meta: EntityMetadata, property: string): string {
  const column = columnOf(meta, property);
  return `SELECT * FROM ${meta.tableName} WHERE ${column} IN (:value, :olderValue) ORDER BY ${column} = :olderValue DESC LIMIT 1`;
}

function columnOf({ columns }: EntityMetadata, property: string): string | undefined {
  return columns.find(({ propertyName }) => propertyName === property)?.databaseName;
}

function insertOne({ tableName, columns }: EntityMetadata): string {
  const given = columns.filter(({ isGenerated }) => !isGenerated);
  const names = given.map(({ databaseName }) => databaseName).join(', ');
  const values = given.map(({ propertyName }) => `:${propertyName}`).join(', ');
  return `INSERT INTO ${tableName} (${names}) VALUES (${values}) RETURNING id`;
}
