import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { type Config, ConfigError } from '../config/env.js';

/** How long a connection may be idle before the operating system asks whether the other end is still there. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** The settings that name the database. */
type UrlSetting = 'DATABASE_URL' | 'DATABASE_LISTEN_URL';

/**
 * How every connection to PostgreSQL is opened. The URL says where, as whom and with which TLS; its certificates are read
 * here, once, and none of the limits can be said there. The driver keeps to the limits: PgBouncer refuses a connection that
 * sets `statement_timeout`.
 * @throws {ConfigError} if the URL or a certificate that it names cannot be read
 */
export function postgresOptions(config: Config, setting: UrlSetting = 'DATABASE_URL'): ClientConfig {
  return {
    ...read(config[setting], setting),
    application_name: 'latchkey',
    connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT * 1000,
    statement_timeout: undefined,
    query_timeout: config.DATABASE_STATEMENT_TIMEOUT * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}

function read(url: string, setting: UrlSetting): ClientConfig {
  try {
    return parseIntoClientConfig(url);
  } catch (cause) {
    throw unusable(cause as Error, setting);
  }
}

/** The refusal of a start that cannot use the database, in one line. */
export function unusable(cause: Error, setting: UrlSetting = 'DATABASE_URL'): ConfigError {
  return new ConfigError(`The database that ${setting} names cannot be used: ${cause.message}`, { cause });
}
