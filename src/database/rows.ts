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
    const meta = this.dataSource.getMetadata(entity);
    const column = columnOf(meta, property);
    const [row] =
      olderValue === undefined
        ? await this.where(entity, `${column} = :value`, { value })
        : await this.where(entity, `${column} IN (:value, :olderValue) ORDER BY ${column} = :olderValue DESC LIMIT 1`, {
            value,
            olderValue,
          });
    return row;
  }

  /** The rows of an entity for which a condition holds, in the order that may follow it. */
  async where<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    condition: string,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<Entity[]> {
    const meta = this.dataSource.getMetadata(entity);
    const statement = this.statement(
      `${meta.tableName} ${condition}`,
      () => `SELECT * FROM ${meta.tableName} WHERE ${condition}`,
    );
    const rows = await this.sql.rows<Record<string, unknown>>(statement, parameters);
    return rows.map((row) => this.hydrated(entity, meta, row));
  }

  /**
   * Adds a row and answers its id, or `undefined` if the table has a row that meets `beside`.
   * @param values of every property of the entity but its id
   * @param beside condition that no row may meet
   * @throws {QueryFailedError} as a repository does, if what is to be unique is there already
   */
  async addUnless(
    entity: EntityTarget<ObjectLiteral>,
    values: Readonly<Record<string, SqlValue>>,
    beside: string,
  ): Promise<number | undefined> {
    const meta = this.dataSource.getMetadata(entity);
    const statement = this.statement(`add ${meta.tableName} unless ${beside}`, () => insertOne(meta, beside));
    const [added] = await this.sql.rows<{ id: number }>(statement, values);
    return added?.id;
  }

  private hydrated<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    { columns }: EntityMetadata,
    row: Readonly<Record<string, unknown>>,
  ): Entity {
    const found: ObjectLiteral = this.dataSource.manager.create(entity);
    for (const column of columns)
      found[column.propertyName] = this.dataSource.driver.prepareHydratedValue(
        row[column.databaseName],
        column,
      ) as unknown;
    return found as Entity;
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

function columnOf({ columns }: EntityMetadata, property: string): string | undefined {
  return columns.find(({ propertyName }) => propertyName === property)?.databaseName;
}

function insertOne({ tableName, columns }: EntityMetadata, beside: string): string {
  const given = columns.filter(({ isGenerated }) => !isGenerated);
  const names = given.map(({ databaseName }) => databaseName).join(', ');
  const values = given.map(({ propertyName }) => `:${propertyName}`).join(', ');
  return `INSERT INTO ${tableName} (${names})
    SELECT ${values} WHERE NOT EXISTS (SELECT 1 FROM ${tableName} WHERE ${beside}) RETURNING id`;
}
