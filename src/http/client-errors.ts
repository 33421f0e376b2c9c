import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { hasRequest } from './request-log.js';

/** What is wrong with what arrived, by the code of Node's parser; anything else is malformed. */
const FAULTS: Readonly<Record<string, { status: number; code: string; title: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', title: 'The headers are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'request_timeout', title: 'The request took too long to arrive.' },
};
const MALFORMED = { status: 400, code: 'request_malformed', title: 'The request is malformed.' };

/** Answers what never became a whole request. Its path may be unknown, and so its contract: it gets problem details. */
export function answerClientErrors(
  logger: FastifyBaseLogger,
  headers: Readonly<Record<string, string>>,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return ({ code: cause = '' }, socket) => {
    if (cause === 'ECONNRESET' || !socket.writable) return;
    const { status, code, title } = FAULTS[cause] ?? MALFORMED;
    const id = randomUUID();
    const line = { method: null, route: null, status, ms: null, contract: null, accountId: null };
    if (!hasRequest(socket)) logger.info({ id, ...line, code, address: socket.remoteAddress, cause });
    const body = JSON.stringify({ type: 'about:blank', title, status, code });
    socket.end(response(status, { ...headers, 'x-request-id': id }, body), () => socket.destroy());
  };
}

/**
 * Answers CONNECT, whose target is no path (RFC 9112 §3.2.3), as what is malformed: Node gives the bare socket away, and would
 * close it without a word.
 */
export function answerConnect(server: Server, answer: ReturnType<typeof answerClientErrors>): void {
  server.on('connect', (_request, stream) => {
    const socket = stream as Socket;
    // Nobody else listens any more, and an error that nobody listens to ends the process.
    socket.on('error', () => socket.destroy());
    answer({ name: 'Error', message: 'CONNECT', code: 'CONNECT' }, socket);
  });
}

function response(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  const all = {
    ...headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
