import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** How often a closing server looks at its connections, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** How short a turn of the event loop is that hardly misses a connection, and how long one is waited for at most, in milliseconds. */
const SHORT_TURN_MS = 0.5;
const WAIT_FOR_TURN_MS = 200;

/** How a connection is used. */
interface Use {
  /** The answer to the last request that came over it. */
  response?: ServerResponse;
  /** How many bytes had come when it was looked at last. */
  bytesRead: number;
  /**
   * At how many looks nothing had come or been answered. Looks and no time: after a pause of the whole process, in which
   * nothing could be read, there is one look before what has come meanwhile.
   */
  quietLooks: number;
}

/**
 * The connections of a server, which lets it close without cutting a request off. Node alone would drop connections that
 * are idle, over which a request may be on its way, and wait for those over which none has ever come.
 */
export class Connections {
  private static readonly byServer = new WeakMap<Server, Connections>();
  private readonly uses = new Map<Socket, Use>();
  private acceptedCount = 0;
  private isClosing = false;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => this.accept(socket));
    server.prependListener('request', (request, response) => this.begin(request, response));
  }

  /** Those of a server. They are known from the first time on that this is asked. */
  static of(server: Server): Connections {
    const connections = this.byServer.get(server) ?? new Connections(server);
    this.byServer.set(server, connections);
    return connections;
  }

  /**
   * Takes no new connections, answers what comes over the others, and closes them. Fulfilled when all are closed.
   * @param lingerMs how long a connection must have been quiet to be closed
   */
  async close(lingerMs: number): Promise<void> {
    if (!this.server.listening) return;
    await this.shortTurn();
    const closed = once(this.server, 'close');
    // Not the close of an HTTP server, which drops what is idle.
    NetServer.prototype.close.call(this.server);
    this.isClosing = true;
    for (const [socket, use] of this.uses) {
      use.bytesRead = socket.bytesRead;
      if (use.response && !use.response.headersSent) endAfter(use.response);
    }
    const looks = lingerMs / LOOK_EVERY_MS;
    this.look(looks);
    const looking = setInterval(() => this.look(looks), LOOK_EVERY_MS);
    await closed;
    clearInterval(looking);
  }

  private accept(socket: Socket): void {
    this.acceptedCount++;
    this.uses.set(socket, { bytesRead: 0, quietLooks: 0 });
    socket.once('close', () => this.uses.delete(socket));
  }

  private begin({ socket }: IncomingMessage, response: ServerResponse): void {
    const use = this.uses.get(socket);
    if (use) use.response = response;
    if (this.isClosing) endAfter(response);
  }

  /**
   * Waits for a short turn of the event loop that brings no connection: the operating system resets those that it has
   * made and nobody has taken when the port is closed.
   */
  private async shortTurn(): Promise<void> {
    const beganAtMs = performance.now();
    await setImmediate();
    for (let nowMs = performance.now(); nowMs - beganAtMs < WAIT_FOR_TURN_MS; nowMs = performance.now()) {
      const before = this.acceptedCount;
      await setImmediate();
      if (this.acceptedCount === before && performance.now() - nowMs < SHORT_TURN_MS) return;
    }
  }

  /** @param looks at how many a connection may be quiet before it is closed */
  private look(looks: number): void {
    for (const [socket, use] of this.uses) {
      if (isUnderWay(socket, use)) use.quietLooks = 0;
      else if (use.quietLooks++ >= looks) socket.destroySoon();
      use.bytesRead = socket.bytesRead;
    }
  }
}

/** Lets a connection end with an answer, and its client know. */
function endAfter(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

/** Whether a request is being answered, or something has come since the last look. */
function isUnderWay(socket: Socket, { response, bytesRead }: Use): boolean {
  return (response !== undefined && !response.writableFinished) || socket.bytesRead !== bytesRead;
}
