import pg, { type PoolClient, type PoolConfig } from 'pg';
import { ConnectionFailure, endAtLastWord, endIfSilent } from './connection.js';

/** How many statements may wait for each connection of a pool; more are refused at once. */
export const WAITING_PER_CONNECTION = 50;

const TOO_MANY_WAIT = 'Too many statements wait for a connection to the database.';

/** How much longer than a statement may take its connection may be silent, in milliseconds: the server says first. */
const SILENCE_MARGIN_MS = 2000;

type Connected = (error: Error | undefined, client: PoolClient | undefined, done: (release?: unknown) => void) => void;

/**
 * A pool of connections to PostgreSQL for which a bounded number of statements may wait. It gives up a connection that the
 * server closes, and one that has gone silent: behind a broken network, a statement would otherwise wait as long as TCP does.
 */
export class BoundedPool extends pg.Pool {
  private readonly mostWaiting: number;

  /** @param config with a `statement_timeout` of 0 to lift also the one that the role has */
  constructor(config: PoolConfig) {
    super(config);
    this.mostWaiting = WAITING_PER_CONNECTION * this.options.max;
    const timeoutMs = Number(config.statement_timeout);
    this.on('connect', (client) => {
      endAtLastWord(client);
      if (timeoutMs > 0) endIfSilent(client, timeoutMs + SILENCE_MARGIN_MS);
      // A connection that breaks over it breaks over the next statement, too.
      else void client.query('SET statement_timeout = 0').catch(() => undefined);
    });
  }

  /** @throws {ConnectionFailure} */
  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    const full = this.waitingCount >= this.mostWaiting ? new ConnectionFailure(TOO_MANY_WAIT) : undefined;
    if (!callback) return full ? Promise.reject(full) : super.connect().catch(fail);
    if (full) return callback(full, undefined, () => undefined);
    super.connect((error, client, done) => {
      callback(error && new ConnectionFailure(error.message, error), client, done);
    });
  }
}

function fail(cause: Error): never {
  throw new ConnectionFailure(cause.message, cause);
}
