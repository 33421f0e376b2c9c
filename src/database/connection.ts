import type { Socket } from 'node:net';
import type { ClientBase } from 'pg';

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

/** The socket of a connection, which is another one once TLS has begun. The library's types do not tell of it. */
export function socketOf(client: ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
