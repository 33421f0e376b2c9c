import pg, { type PoolClient, type PoolConfig } from 'pg';
import { ConnectionFailure, endAtLastWord } from './connection.js';
import { closeIfSlow } from './slow-statements.js';

/** How many statements may wait for each connection of a pool; more are refused at once. */
export const WAITING_PER_CONNECTION = 50;

const TOO_MANY_WAIT = 'Too many statements wait for a connection to the database.';

type Connected = (error: Error | undefined, client: PoolClient | undefined, done: (release?: unknown) => void) => void;

/**
 * A pool of connections to PostgreSQL for which a bounded number of statements may wait. It gives up a connection that the
 * server closes, and one whose statement takes longer than `query_timeout`.
 */
export class BoundedPool extends pg.Pool {
  private readonly mostWaiting: number;

  constructor(config: PoolConfig) {
    super(config);
    this.mostWaiting = WAITING_PER_CONNECTION * this.options.max;
    this.on('connect', (client) => {
      endAtLastWord(client);
      closeIfSlow(client);
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
