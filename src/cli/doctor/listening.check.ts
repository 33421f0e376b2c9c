import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config/env.js';
import { demandSameDatabase, isPooled, listenSetting } from '../../database/listen-target.js';
import { postgresOptions } from '../../database/postgres-options.js';
import { type Finding, ok, reasonOf, warn } from './finding.js';

/** Whether instances hear at once which sessions others end. */
export async function checkListening(store: DataSource, config: Config): Promise<Finding[]> {
  if (!config.DATABASE_URL) return [];
  const setting = listenSetting(config);
  const client = new pg.Client(postgresOptions(config, setting));
  try {
    await client.connect();
    if (setting === 'DATABASE_LISTEN_URL') await demandSameDatabase(client, (statement) => store.query(statement));
    return [await checkPooler(client, setting)];
  } catch (error) {
    return [warn('database', `ended sessions are not announced: ${reasonOf(error)}`, `correct ${setting}`)];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkPooler(client: pg.Client, setting: string): Promise<Finding> {
  if (!(await isPooled(client))) return ok('database', `ended sessions are announced through ${setting}`);
  return warn(
    'database',
    `${setting} leads to a pooler: ended sessions count elsewhere within seconds, not at once`,
    'set DATABASE_LISTEN_URL to the server itself',
  );
}
