import type { Socket } from 'node:net';
import type { ClientBase, Connection, DatabaseError } from 'pg';

/** A statement for which there is no connection: none can be made, for whatever reason, or too many wait for one. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  /** The code of the operating system or of PostgreSQL, if there is one. */
  readonly code: string | undefined;

  constructor(message: string, cause?: NodeJS.ErrnoException) {
    super(message, { cause });
    this.code = cause?.code;
  }
}

/** Breaks a connection over which nothing has come or gone for so long. An idle one is opened again when it is needed. */
export function endIfSilent(client: ClientBase, silentMs: number): void {
  const socket = socketOf(client);
  socket.setTimeout(silentMs, () => socket.destroy(new Error(`Connection terminated: silent for ${silentMs} ms`)));
}

/** Errors with which PostgreSQL closes the connection: class 57P, and the two timeouts of an open transaction. */
const CLOSES_CONNECTION = /^(57P..|25P0[34])$/;

/**
 * Tells the pool that a connection is lost as soon as the server says so. The server closes it only a moment later, and
 * the pool would hand it to the next statement in between.
 */
export function endAtLastWord(client: ClientBase): void {
  connectionOf(client).on('errorMessage', (error: DatabaseError) => {
    if (CLOSES_CONNECTION.test(error.code ?? '') && client.listenerCount('error') > 0) client.emit('error', error);
  });
}

/** The socket of a connection, which is another one once TLS has begun. */
export function socketOf(client: ClientBase): Socket {
  return connectionOf(client).stream as Socket;
}

/** The protocol connection of a client. The library's types declare it for `Client` only. */
function connectionOf(client: ClientBase): Connection {
  return (client as unknown as { connection: Connection }).connection;
}
