import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

const WRITES = /\b(INSERT INTO|UPDATE \S+ SET|DELETE FROM)\b/;

/** Stands between the service and PostgreSQL, and counts the statements that pass, and how many of them write. */
export class StatementCounter {
  statements = 0;
  writes = 0;
  /** Told of every statement, if somebody wants to know. */
  onStatement: ((text: string) => void) | undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(port: number): Promise<StatementCounter> {
    const server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      const executed = executions((text) => counter.count(text));
      client.on('data', messages(executed));
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const counter = new StatementCounter(server, (server.address() as AddressInfo).port);
    return counter;
  }

  stop(): void {
    this.server.close();
  }

  private count(text: string): void {
    this.statements++;
    if (WRITES.test(text)) this.writes++;
    this.onStatement?.(text);
  }
}

/**
 * Hears of each statement that is executed: a simple Query, or a Bind of one that was parsed now or, if it has a name, long
 * before (PostgreSQL's protocol, §54.7).
 */
function executions(each: (text: string) => void): (type: string, body: string) => void {
  const parsed = new Map<string, string>();
  return (type, body) => {
    if (type === 'Q') each(body);
    const [first = '', second = ''] = body.split('\0', 2);
    if (type === 'P') parsed.set(first, second);
    // A Bind names its portal first, then the statement.
    if (type === 'B') each(parsed.get(second) ?? '');
  };
}

/** Reads a client's messages; the first has no type. */
function messages(each: (type: string, text: string) => void): (chunk: Buffer) => void {
  let bytes = Buffer.alloc(0);
  let isStarted = false;
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const head = isStarted ? 1 : 0;
      if (bytes.length < head + 4) return;
      const length = head + bytes.readUInt32BE(head);
      if (bytes.length < length) return;
      each(isStarted ? String.fromCharCode(bytes[0] as number) : '', bytes.toString('latin1', head + 4, length));
      bytes = bytes.subarray(length);
      isStarted = true;
    }
  };
}
