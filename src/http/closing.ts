import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** How often a closing server looks at its connections, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** How short a turn of the event loop is in which hardly a connection comes, and how long such a one is waited for. */
const SHORT_TURN_MS = 0.5;
const WAIT_FOR_SHORT_TURN_MS = 200;

/** After how many turns, and how long, a server that connections keep coming to closes all the same: Node queues 511. */
const TURNS = 512;
const WAIT_FOR_TURN_MS = 2000;

/** When it closes whatever its turns take, in milliseconds: in time for what comes over the others to be answered. */
const WAIT_AT_MOST_MS = 4000;

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
    await this.allTaken();
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
   * Waits until those connections are taken that the operating system has made, one in each turn of the event loop, and
   * then for a short turn: it resets what nobody has taken when the port is closed.
   */
  private async allTaken(): Promise<void> {
    const beganAtMs = performance.now();
    await setImmediate();
    for (let turns = 1; ; turns++) {
      const turnAtMs = performance.now();
      const before = this.acceptedCount;
      await setImmediate();
      const nowMs = performance.now();
      const waitedMs = nowMs - beganAtMs;
      const isShort = nowMs - turnAtMs < SHORT_TURN_MS || waitedMs > WAIT_FOR_SHORT_TURN_MS;
      if (this.acceptedCount === before && isShort) return;
      if ((turns >= TURNS && waitedMs > WAIT_FOR_TURN_MS) || waitedMs > WAIT_AT_MOST_MS) return;
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
