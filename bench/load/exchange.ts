import { Connection } from './connection.js';
import { type Request, textOf } from './request.js';

/** An answer in full. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends one request over a connection of its own. */
export function exchange(port: number, request: Request): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    const connection = new Connection(port, {
      onFailure: reject,
      onAnswer: ({ status, bodyAt, end }, bytes) => {
        connection.close();
        const [, ...lines] = bytes.toString('latin1', 0, bodyAt).trim().split('\r\n');
        const headers = new Headers();
        for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1));
        resolve({ status, headers, body: bytes.toString('utf8', bodyAt, end) });
      },
    });
    connection.send(Buffer.from(textOf(request)));
  });
}
