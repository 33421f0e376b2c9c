import { connect } from 'node:net';
import type { Answer } from './http.js';

/**
 * Sends bytes as they are, for what no HTTP client would send, and reads until the server closes: a request that the
 * server may like says `Connection: close`.
 */
export function sendRaw(
  url: string,
  ...parts: (string | Buffer)[]
): Promise<Pick<Answer, 'status' | 'headers' | 'text' | 'json'>> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server that has answered need not read on.
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : undefined));
    socket.on('close', () => resolve(parsed(Buffer.concat(chunks).toString())));
    socket.write(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  });
}

/** The head of a request, ready for `sendRaw`. */
export function head(requestLine: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { host: 'latchkey.test', connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [requestLine, ...lines, '', ''].join('\r\n');
}

/** What an answer says that came as a text. */
export function parsed(answer: string): Pick<Answer, 'status' | 'headers' | 'text' | 'json'> {
  const [top = '', ...rest] = answer.split('\r\n\r\n');
  const [statusLine = '', ...lines] = top.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  const text = rest.join('\r\n\r\n');
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    text,
    json: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
