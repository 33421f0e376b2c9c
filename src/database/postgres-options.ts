import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { type Config, ConfigError } from '../config/env.js';

/** How long a connection may be idle before the operating system asks whether the other end is still there. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * How every connection to PostgreSQL is opened. `DATABASE_URL` says where, as whom and with which TLS; its certificates are
 * read here, once, and none of the limits can be said there.
 * @throws {ConfigError} if the URL or a certificate that it names cannot be read
 */
export function postgresOptions(config: Config): ClientConfig {
  return {
    ...read(config.DATABASE_URL),
    application_name: 'latchkey',
    connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT * 1000,
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT * 1000,
    query_timeout: undefined,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}

function read(url: string): ClientConfig {
  try {
    return parseIntoClientConfig(url);
  } catch (cause) {
    throw unusable(cause as Error);
  }
}

/** The refusal of a start that cannot use the database, in one line. */
export function unusable(cause: Error): ConfigError {
  return new ConfigError(`The database that DATABASE_URL names cannot be used: ${cause.message}`, { cause });
}
