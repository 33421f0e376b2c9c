import type { Answer } from './answer.js';
import { Connection } from './connection.js';
import type { Run, RunResult } from './messages.js';

/** Room for the latencies of one run; past it they are counted no more, while the requests are. */
const MOST_LATENCIES = 1_000_000;

/** Requests ready to be sent, and which is next. */
export interface ReadyPlan {
  readonly requests: readonly Buffer[];
  readonly status: number;
  readonly isSentOnce: boolean;
  next: number;
}

/** Sends the requests of a plan for a while. Anything but the expected answer ends it. */
export function fly(plan: ReadyPlan, run: Run): Promise<RunResult> {
  return new Promise((resolve, reject) => new Flight(plan, run, resolve, reject).start());
}

class Flight {
  private readonly latenciesMs = new Float64Array(MOST_LATENCIES);
  private readonly startedAtMs = performance.now();
  private readonly connections: Connection[] = [];
  private completed = 0;
  private idle = 0;
  private lastAtMs = 0;
  private isOver = false;

  constructor(
    private readonly plan: ReadyPlan,
    private readonly run: Run,
    private readonly resolve: (result: RunResult) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  start(): void {
    for (let index = 0; index < this.run.connections; index++) this.connect();
    if (this.run.isAwake) this.stayAwake();
  }

  private stayAwake(): void {
    if (!this.isOver) setImmediate(() => this.stayAwake());
  }

  private connect(): void {
    let sentAtMs = 0;
    const onFailure = (error: Error): void => this.end(() => this.reject(error));
    const onAnswer = (answer: Answer, bytes: Buffer): void => {
      const now = performance.now();
      if (answer.status !== this.plan.status) return onFailure(unexpected(answer, bytes));
      if (this.completed < MOST_LATENCIES) this.latenciesMs[this.completed] = now - sentAtMs;
      this.completed++;
      this.lastAtMs = now;
      const waitMs = sentAtMs + this.run.everyMs - now;
      if (waitMs > 0) setTimeout(send, waitMs);
      else send();
    };
    const connection = new Connection(this.run.port, { onAnswer, onFailure });
    const send = (): void => {
      const request = this.take();
      if (!request) return this.rest();
      sentAtMs = performance.now();
      connection.send(request);
    };
    this.connections.push(connection);
    send();
  }

  /** The next request, unless time or requests are over. */
  private take(): Buffer | undefined {
    const { plan, run } = this;
    if (this.isOver || performance.now() - this.startedAtMs >= run.ms) return undefined;
    if (plan.next === plan.requests.length && !plan.isSentOnce) plan.next = 0;
    return plan.requests[plan.next] && plan.requests[plan.next++];
  }

  private rest(): void {
    if (++this.idle < this.run.connections) return;
    const { completed } = this;
    if (completed === 0) return this.end(() => this.reject(new Error('There were no requests left to send.')));
    const sorted = this.latenciesMs.subarray(0, Math.min(completed, MOST_LATENCIES)).sort();
    const at = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] as number;
    const seconds = (this.lastAtMs - this.startedAtMs) / 1000;
    this.end(() => this.resolve({ completed, seconds, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) }));
  }

  private end(settle: () => void): void {
    this.isOver = true;
    for (const connection of this.connections) connection.close();
    settle();
  }
}

function unexpected({ status, bodyAt, end }: Answer, bytes: Buffer): Error {
  return new Error(`Answered ${status}: ${bytes.toString('utf8', bodyAt, Math.min(end, bodyAt + 300))}`);
}
