import type { Socket } from 'node:net';
import pg, { type PoolClient, type PoolConfig } from 'pg';

/** How many statements may wait for each connection of a pool; more are refused at once. */
const WAITING_PER_CONNECTION = 50;

/** How much longer than a statement may take its connection may be silent, in milliseconds: the server says first. */
const SILENCE_MARGIN_MS = 2000;

/** The refusal of a statement because too many wait for a connection. */
export class PoolFullError extends Error {
  override readonly name = 'PoolFullError';
  readonly code = 'EPOOLFULL';

  constructor() {
    super('Too many statements wait for a connection to the database.');
  }
}

type Connected = (error: Error | undefined, client: PoolClient | undefined, done: (release?: unknown) => void) => void;

/**
 * A pool of connections to PostgreSQL before which a bounded number of statements waits, and which gives up a connection
 * that has gone silent: behind a broken network a statement would else wait for as long as TCP does.
 */
export class BoundedPool extends pg.Pool {
  private readonly mostWaiting: number;

  constructor(config: PoolConfig) {
    super(config);
    this.mostWaiting = WAITING_PER_CONNECTION * this.options.max;
    const timeoutMs = Number(config.statement_timeout);
    if (timeoutMs > 0) this.on('connect', (client) => endIfSilent(client, timeoutMs + SILENCE_MARGIN_MS));
  }

  /** @throws {PoolFullError} if too many wait */
  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    if (this.waitingCount < this.mostWaiting) return callback ? super.connect(callback) : super.connect();
    if (!callback) return Promise.reject(new PoolFullError());
    callback(new PoolFullError(), undefined, () => undefined);
  }
}

/** Breaks a connection over which nothing has come or gone for so long. An idle one is opened again when it is needed. */
export function endIfSilent(client: pg.ClientBase, silentMs: number): void {
  // The library's types do not tell of the socket, which is another one once TLS has begun.
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.setTimeout(silentMs, () => stream.destroy(new Error(`Connection terminated: silent for ${silentMs} ms`)));
}
