import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import type { Expected, Request } from '../drivers/driver.js';
import { type Answer, send } from './http.js';
import { whole } from './whole.js';

/** A request that a client makes again and again, and its answer. */
export interface Round {
  readonly request: Request;
  readonly expected: Expected;
}

/** A request that got no answer. */
export interface Failure {
  /** Under which the service logs it, if it came that far. */
  readonly requestId: string;
  /** What the operating system said, such as `ECONNREFUSED`. */
  readonly code: string;
}

/** What a client went through until a request of its got no answer. */
export interface Client {
  /** The answers in their order, with whether each told the client that its connection ends. */
  readonly answers: (ReturnType<typeof whole> & { readonly isLast: boolean })[];
  /** Fulfilled with the first request that got no answer. */
  readonly ended: Promise<Failure>;
}

/**
 * Starts a client that sends a request again as soon as it is answered, until it gets no answer.
 * @param keepsAlive whether it does so over one connection, as long as the service lets it, or over a new one each time
 */
export function startClient(url: string, request: Request, keepsAlive: boolean): Client {
  const answers: Client['answers'] = [];
  const agent = keepsAlive && new Agent({ keepAlive: true, maxSockets: 1 });
  const run = async (): Promise<Failure> => {
    for (;;) {
      const requestId = randomUUID();
      const headers = { ...request.headers, 'x-request-id': requestId };
      const sending = { headers, body: request.body, agent };
      let answer: Answer;
      try {
        answer = await send(request.method, url + request.path, sending);
      } catch (error) {
        return { requestId, code: (error as NodeJS.ErrnoException).code ?? String(error) };
      }
      answers.push({ ...whole(answer), isLast: answer.headers.connection === 'close' });
    }
  };
  return { answers, ended: run() };
}
