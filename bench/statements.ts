import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

const WRITES = /\b(INSERT INTO|UPDATE \S+ SET|DELETE FROM)\b/;

/** Stands between the service and PostgreSQL, and counts the statements that pass, and how many of them write. */
export class StatementCounter {
  statements = 0;
  writes = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(port: number): Promise<StatementCounter> {
    const server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      const read = messages((type, text) => counter.count(type, text));
      client.on('data', read);
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

  private count(type: string, text: string): void {
    // Each statement is one Parse or one simple Query (PostgreSQL's protocol, §54.7).
    if (type !== 'P' && type !== 'Q') return;
    this.statements++;
    if (WRITES.test(text)) this.writes++;
  }
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
