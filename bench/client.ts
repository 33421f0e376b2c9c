import { Agent, request as nodeRequest } from 'node:http';

const CONNECTIONS = 16;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

type Headers = Readonly<Record<string, string>>;

/** Asks one thing, and answers the body, parsed. @throws {Error} unless the status is one of success */
export function ask<T = unknown>(
  method: string,
  url: string,
  headers: Headers = {},
  body?: object | string,
): Promise<T> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const type = typeof body === 'object' ? 'application/json' : 'application/x-www-form-urlencoded';
  const sent = {
    ...(text !== undefined && { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const request = nodeRequest(url, { method, agent, headers: sent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) >= 300)
          return reject(new Error(`${method} ${url}: ${response.statusCode} ${answer}`));
        resolve((answer.startsWith('{') ? JSON.parse(answer) : answer) as T);
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}

/** Does something so many times, as many at once as there are connections. @param act is told which of them it is */
export async function repeat(times: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await act(next++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}
