import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How often a closing server looks for connections whose request has been answered meanwhile, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * Lets a server close as soon as no request runs. Node alone would wait for connections over which no request has come
 * yet, as browsers open them in advance, and for those that are kept alive after their last answer.
 * @returns what to call when the server begins to close
 */
export function connectionsLetGo(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
    const looking = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS).unref();
    server.once('close', () => clearInterval(looking));
  };
}
