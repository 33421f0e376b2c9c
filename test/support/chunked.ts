import { request as nodeRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

/**
 * Posts a body of unannounced length, each piece when the one before it has left, and answers the status and the parsed
 * body: `send` always announces the length.
 */
export function postChunked(
  url: string,
  headers: Readonly<Record<string, string>>,
  pieces: readonly string[],
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...headers, 'transfer-encoding': 'chunked' } };
    const request = url.startsWith('https:')
      ? tlsRequest(url, { ...options, rejectUnauthorized: false })
      : nodeRequest(url, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }),
      );
    });
    request.flushHeaders();
    const writeFrom = (index: number): void => {
      const piece = pieces[index];
      if (piece === undefined) request.end();
      else request.write(piece, () => setImmediate(() => writeFrom(index + 1)));
    };
    writeFrom(0);
  });
}
