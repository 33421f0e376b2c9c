import type { ClientConfig } from 'pg';
import type { Config } from '../config/env.js';

/** How long a connection may be idle before the operating system asks whether the other end is still there. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** How every connection to PostgreSQL is opened. What `DATABASE_URL` says of TLS, hosts and users is read by the driver. */
export function postgresOptions(config: Config): ClientConfig {
  return {
    connectionString: config.DATABASE_URL,
    application_name: 'latchkey',
    connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT * 1000,
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}
