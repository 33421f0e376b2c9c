import pg from 'pg';
import { DataSource } from 'typeorm';
import type { Service } from './service.js';

/**
 * Runs statements on very many rows in a service's store, behind its back: its own connections to PostgreSQL give a statement
 * up after some seconds, which such a one may take on a busy machine.
 */
export async function fill({ app, config }: Service, ...statements: readonly string[]): Promise<void> {
  if (!config.DATABASE_URL) {
    for (const statement of statements) await app.get(DataSource).query(statement);
    return;
  }
  const client = new pg.Client({ connectionString: config.DATABASE_URL });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
