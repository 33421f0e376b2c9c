import { setTimeout as wait } from 'node:timers/promises';
import pg, { type ClientBase } from 'pg';
import { socketOf } from './connection.js';

/** What the driver says of a statement that took longer than `query_timeout`. It leaves the connection as it is: occupied. */
const TOO_SLOW = 'Query read timeout';

/** How long the server may take to hear that a statement is to be cancelled, in milliseconds. */
const CANCEL_MS = 500;

/** The parts of the driver that its types do not declare. */
type Canceller = pg.Connection & {
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
};
type Addressed = ClientBase & { host: string; port: number; ssl: boolean; processID: number; secretKey: number };

/**
 * Closes a connection whose statement took longer than `query_timeout`, and cancels the statement: the server goes on with one
 * that nobody waits for, and keeps its locks. Nothing is set in the session, which a pooler may share out.
 */
export function closeIfSlow(client: ClientBase): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const closing = (...given: unknown[]): unknown => {
    const result = query(...given);
    if (!(result instanceof Promise)) return result;
    return result.catch(async (error: Error) => {
      if (error.message === TOO_SLOW) await close(client, error);
      throw error;
    });
  };
  Object.assign(client, { query: closing });
}

async function close(client: ClientBase, error: Error): Promise<void> {
  await cancel(client as Addressed);
  // The pool must not hand it to the next statement.
  if (client.listenerCount('error') > 0) client.emit('error', error);
  socketOf(client).destroy();
}

/** Asks the server, or a pooler in front of it, to cancel the statement of a connection. Gives up after `CANCEL_MS`. */
async function cancel({ host, port, ssl, processID, secretKey }: Addressed): Promise<void> {
  const canceller = new pg.Connection({ ssl }) as Canceller;
  const send = (): void => canceller.cancel(processID, secretKey);
  const isTaken = new Promise<void>((done) => {
    canceller.once('connect', () => (ssl ? canceller.requestSsl() : send()));
    canceller.once('sslconnect', send);
    canceller.on('error', () => done());
    canceller.once('end', () => done());
  });
  if (host.startsWith('/')) canceller.connect(`${host}/.s.PGSQL.${port}`);
  else canceller.connect(port, host);
  await Promise.race([isTaken, wait(CANCEL_MS, undefined, { ref: false })]);
  canceller.stream.destroy();
}
