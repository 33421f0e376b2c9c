import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './ports.js';

/** How a proxy treats what passes through it. */
type Mode =
  /** Everything passes. */
  | 'open'
  /** Connections break, and no new one is taken. */
  | 'refusing'
  /** Connections stay, new ones are taken, and nothing passes: what a network does that loses packets. */
  | 'frozen'
  /** Connections that listen for notifications break; all others pass. */
  | 'deaf';

interface Passage {
  readonly client: Socket;
  readonly server: Socket;
  listens: boolean;
}

/** A TCP proxy before a real PostgreSQL server, which fails as networks do. */
export class DatabaseProxy {
  /** How long what passes is held back in each direction, in milliseconds. */
  delayMs = 0;
  private mode: Mode = 'open';
  private readonly passages = new Set<Passage>();
  private listener: Server | undefined;

  private constructor(
    private readonly target: URL,
    private readonly port: number,
  ) {}

  /** @param databaseUrl of the database behind it */
  static async start(databaseUrl: string): Promise<DatabaseProxy> {
    // It leaves its port and comes back to it, so it must be none that the system gives to somebody else meanwhile.
    const proxy = new DatabaseProxy(new URL(databaseUrl), await freePort());
    await proxy.open();
    return proxy;
  }

  /** The database's URL through the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  /** How many connections are open through it. */
  get connectionCount(): number {
    return this.passages.size;
  }

  async become(mode: Mode): Promise<void> {
    this.mode = mode;
    for (const passage of this.passages) {
      if (mode === 'refusing' || (mode === 'deaf' && passage.listens)) this.cut(passage);
      else this.setFlow(passage);
    }
    if (mode === 'refusing') return this.close();
    if (!this.listener) await this.open();
  }

  async stop(): Promise<void> {
    await this.become('refusing');
  }

  private async open(): Promise<void> {
    this.listener = createServer((client) => this.pass(client)).listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
  }

  private async close(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    if (listener) await new Promise((resolve) => listener.close(resolve));
  }

  private pass(client: Socket): void {
    const passage: Passage = {
      client,
      server: connect(Number(this.target.port), this.target.hostname),
      listens: false,
    };
    this.passages.add(passage);
    this.relay(passage, client, passage.server);
    this.relay(passage, passage.server, client);
    this.setFlow(passage);
  }

  private relay(passage: Passage, from: Socket, to: Socket): void {
    let passed = Promise.resolve();
    from.on('error', () => undefined);
    from.on('close', () => this.cut(passage));
    from.on('data', (chunk: Buffer) => {
      if (from === passage.client && chunk.includes('LISTEN ')) passage.listens = true;
      if (passage.listens && this.mode === 'deaf') return this.cut(passage);
      const dueMs = performance.now() + this.delayMs;
      // Never before what came before it.
      passed = this.passOn(passed, dueMs, () => to.writable && to.write(chunk));
    });
  }

  private async passOn(before: Promise<void>, dueMs: number, write: () => unknown): Promise<void> {
    await before;
    if (dueMs > performance.now()) await wait(dueMs - performance.now());
    write();
  }

  private setFlow({ client, server }: Passage): void {
    for (const socket of [client, server]) {
      if (this.mode === 'frozen') socket.pause();
      else socket.resume();
    }
  }

  private cut(passage: Passage): void {
    this.passages.delete(passage);
    passage.client.destroy();
    passage.server.destroy();
  }
}
