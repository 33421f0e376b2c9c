import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from './config/env.js';
import { VERSION } from './config/version.js';
import { postgresOptions } from './database/postgres-options.js';
import { Sql } from './database/sql.js';

/** Both parts are counted from an index. */
const ACCOUNTS = `SELECT (SELECT COUNT(*) FROM users) - (SELECT COUNT(*) FROM users WHERE deleted_at IS NOT NULL)
  AS accounts`;

/** What a service that listens says of itself: its version, where it is, what it holds and where to try it. */
export async function listeningLine(app: NestFastifyApplication, config: Config): Promise<string> {
  const url = await app.getUrl();
  const docs = config.DOCS ? ` Try it at ${url}/docs.` : '';
  return `Latchkey ${VERSION} is listening at ${url}, with ${await accountsOf(app)} in ${storeOf(config)}.${docs}`;
}

/** The count is no reason for a start to fail. */
async function accountsOf(app: NestFastifyApplication): Promise<string> {
  const [row] = await app
    .get(Sql)
    .rows<{ accounts: number }>(ACCOUNTS)
    .catch(() => []);
  const count = row?.accounts;
  return count === 1 ? '1 account' : `${count ?? 'uncounted'} accounts`;
}

function storeOf(config: Config): string {
  if (!config.DATABASE_URL) return `SQLite at ${config.DATA_DIR}`;
  const { host, database } = postgresOptions(config);
  return `PostgreSQL at ${host}/${database}`;
}
