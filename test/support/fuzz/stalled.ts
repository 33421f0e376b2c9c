import { connect } from 'node:net';
import type { Answer } from '../http.js';
import { AnswerReader } from './answer-reader.js';

/** Sends the beginning of a request and nothing more, and tells what was answered once the server has closed. */
export function stall(port: number, beginning: string): Promise<Answer | undefined> {
  const reader = new AnswerReader();
  let answer: Answer | undefined;
  const socket = connect(port, '127.0.0.1', () => socket.write(beginning));
  socket.on('data', (chunk: Buffer) => (answer ??= reader.read(chunk)));
  // A server that has answered need not take leave.
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.on('close', () => resolve(answer));
  });
}
