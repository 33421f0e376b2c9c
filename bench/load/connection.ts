import { connect, type Socket } from 'node:net';
import { type Answer, readAnswer } from './answer.js';

/** What a connection tells of. */
export interface ConnectionEvents {
  readonly onAnswer: (answer: Answer, bytes: Buffer) => void;
  readonly onFailure: (error: Error) => void;
}

/** A connection with at most one request in flight; opened anew when the server closes it after an answer. */
export class Connection {
  private socket: Socket | undefined;
  private received: Buffer | undefined;
  private isWaiting = false;

  constructor(
    private readonly port: number,
    private readonly events: ConnectionEvents,
  ) {}

  send(request: Buffer): void {
    this.isWaiting = true;
    this.socket ??= this.open();
    this.socket.write(request);
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect(this.port, '127.0.0.1').setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.events.onFailure(error));
    socket.on('close', () => {
      if (socket !== this.socket) return;
      this.socket = undefined;
      if (this.isWaiting) this.events.onFailure(new Error('The server closed a connection instead of answering.'));
    });
    return socket;
  }

  private receive(chunk: Buffer): void {
    const bytes = this.received ? Buffer.concat([this.received, chunk]) : chunk;
    const answer = readAnswer(bytes);
    this.received = answer ? undefined : bytes;
    if (!answer) return;
    this.isWaiting = false;
    if (answer.closes) this.close();
    this.events.onAnswer(answer, bytes);
  }
}
