import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** An answer of the service, to be given again: status, headers and body, byte for byte. */
export interface RecordedAnswer {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly status: number;
  /** All but those that the server sets by itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answers that this process is to give. */
export function recordedAnswers(): RecordedAnswer[] {
  return JSON.parse(process.env.ANSWERS ?? '[]') as RecordedAnswer[];
}

/** Gives an answer with a request id of its own, as the service does. */
export function reply(to: FastifyReply, { status, headers, body }: RecordedAnswer): FastifyReply {
  return to.code(status).headers(headers).header('x-request-id', randomUUID()).send(body);
}
