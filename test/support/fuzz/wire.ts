import { connect, type Socket } from 'node:net';
import type { Answer } from '../http.js';
import { AnswerReader } from './answer-reader.js';

/** What came back: an answer; or the connection's end without one, nothing in all the time there was, or no HTTP. */
export type Outcome = Answer | 'closed' | 'silent' | 'garbled';

/** How long an answer is waited for, in milliseconds: longer than the server waits for a request. */
const PATIENCE_MS = 60_000;

/** A connection that is kept alive, over which bytes go as they are. */
export class Wire {
  private socket: Socket | undefined;
  private reader = new AnswerReader();
  private settle: ((outcome: Outcome) => void) | undefined;

  constructor(private readonly port: number) {}

  /** Sends a request and waits for its answer, over a new connection if the last one was closed. */
  ask(method: string, request: Buffer): Promise<Outcome> {
    const socket = this.open();
    this.reader.expect(method);
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.end('silent'), PATIENCE_MS);
      this.settle = (outcome) => {
        clearTimeout(patience);
        this.settle = undefined;
        if (typeof outcome === 'string' || isLast(outcome)) this.close();
        resolve(outcome);
      };
      socket.write(request);
    });
  }

  /** Closes the connection. */
  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    if (this.socket) return this.socket;
    const socket = connect(this.port, '127.0.0.1').setNoDelay(true);
    this.socket = socket;
    this.reader = new AnswerReader();
    const isCurrent = (): boolean => this.socket === socket;
    socket.on('data', (chunk: Buffer) => {
      if (isCurrent()) this.take(chunk);
    });
    // What was wrong shows in what came back before.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (isCurrent()) this.end('closed');
    });
    return socket;
  }

  /** Bytes that nobody asked for are no HTTP either. */
  private take(chunk: Buffer): void {
    try {
      const answer = this.reader.read(chunk);
      // What the parser refuses has a body even if HEAD was asked; then nothing follows.
      if (answer) this.settle?.(this.reader.hasRest && !isLast(answer) ? 'garbled' : answer);
    } catch {
      this.end('garbled');
    }
  }

  private end(outcome: Exclude<Outcome, Answer>): void {
    this.close();
    this.settle?.(outcome);
  }
}

function isLast({ headers }: Answer): boolean {
  return /close/i.test(headers.connection ?? '');
}
