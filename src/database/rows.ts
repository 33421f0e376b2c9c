import { Injectable } from '@nestjs/common';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { Sql, type SqlValue } from './sql.js';

/**
 * Reads single rows on the paths that are taken most. A repository builds its SELECT anew for each, which takes twenty times
 * as long as the row.
 */
@Injectable()
export class Rows {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sql: Sql,
  ) {}

  /** The row of an entity whose column has a value. @param property the entity's name for a column with a unique index */
  async one<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    property: keyof Entity & string,
    value: SqlValue,
  ): Promise<Entity | undefined> {
    const { driver } = this.dataSource;
    const { tableName, columns } = this.dataSource.getMetadata(entity);
    const column = columns.find(({ propertyName }) => propertyName === property)?.databaseName;
    const statement = `SELECT * FROM ${tableName} WHERE ${column} = :value`;
    const [row] = await this.sql.rows<Record<string, unknown>>(statement, { value });
    if (!row) return undefined;
    const found: ObjectLiteral = this.dataSource.manager.create(entity);
    for (const meta of columns)
      found[meta.propertyName] = driver.prepareHydratedValue(row[meta.databaseName], meta) as unknown;
    return found as Entity;
  }
}
