import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { Service } from './service.js';

/** Everything that a service has stored, as bytes to be searched: its files, and every row of a database elsewhere. */
export async function everythingStored({ app, dataDir }: Service): Promise<Buffer> {
  const files = readdirSync(dataDir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(dataDir, name)));
  const dataSource = app.get(DataSource);
  const rows = dataSource.options.type === 'postgres' ? await everyRow(dataSource) : [];
  return Buffer.concat([...files, Buffer.from(JSON.stringify(rows))]);
}

async function everyRow(dataSource: DataSource): Promise<unknown[]> {
  const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
  return Promise.all(tables.map((table) => dataSource.query<unknown[]>(`SELECT * FROM ${table}`)));
}

/** Breaks off the store under a service's feet, as a database that went away would. */
export async function closeStore({ app }: Pick<Service, 'app'>): Promise<void> {
  const { driver, options } = app.get(DataSource);
  if (options.type === 'postgres') return (driver as unknown as { master: { end(): Promise<void> } }).master.end();
  (driver as unknown as { databaseConnection: { close(): void } }).databaseConnection.close();
}
