import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Answer } from '../http.js';
import { AnswerReader } from './answer-reader.js';
import type { RawExchange } from './raw-exchanges.js';

/** How long the server has to close a connection whose client sends no more, in milliseconds. */
const PATIENCE_MS = 60_000;

/** What came back over a connection until the server closed it. */
export interface RawOutcome {
  readonly answers: readonly Answer[];
  /** What is wrong with how it went. */
  readonly faults: readonly string[];
}

/** Sends an exchange over a connection of its own, says that no more will come, and reads to the end. */
export async function converse(port: number, { pieces, breaksOff }: RawExchange, method: string): Promise<RawOutcome> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const answers: Answer[] = [];
  const faults: string[] = [];
  const reader = new AnswerReader();
  reader.expect(method);
  socket.on('data', (chunk: Buffer) => {
    try {
      for (let answer = reader.read(chunk); answer; answer = reader.read(Buffer.alloc(0))) answers.push(answer);
    } catch (error) {
      faults.push(`garbled: ${String(error)}`);
    }
  });
  socket.on('end', () => socket.end());
  // A server that has answered need not read on.
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    socket.on('close', resolve);
  });
  const patience = setTimeout(() => {
    faults.push('the connection stays open');
    socket.destroy();
  }, PATIENCE_MS);
  for (const piece of pieces) {
    socket.write(piece);
    await setImmediate();
  }
  if (breaksOff) socket.destroy();
  else socket.end();
  await ended;
  clearTimeout(patience);
  if (reader.hasRest) faults.push('half an answer');
  return { answers, faults };
}
