/**
 * A load generator of our own: raw sockets and requests made beforehand, in a process of its own. autocannon spends as much
 * of a core on a request as the service does: on two cores it got 12,000 requests a second out of a bare Fastify from which
 * wrk got 20,000, so that the server idled and the benchmark measured the client.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromProcess, Plan, Run, RunResult, ToProcess } from './messages.js';
import { type Request, textOf } from './request.js';

/** How many requests are in flight unless a measurement says otherwise. */
export const CONNECTIONS = 32;

/** How a run differs from the usual one. */
export type RunOptions = Partial<Pick<Run, 'connections' | 'everyMs' | 'isAwake'>>;

/** For servers with one thread, and nobody else who wants the generator's core. */
export const AWAKE: RunOptions = { isAwake: true };

interface Waiting {
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: Error) => void;
}

/** The process that sends requests. */
export class Load {
  private readonly child = fork(fileURLToPath(new URL('./process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor() {
    this.child.on('message', (message: FromProcess) => this.hear(message));
    this.child.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('The load generator has ended.'));
    });
  }

  /**
   * Requests to be sent again and again, or each once.
   * @param status the only one that is not a failure
   */
  plan(requests: readonly Request[], status = 200, isSentOnce = false): number {
    const plan: Plan = { id: ++this.count, requests: requests.map(textOf), status, isSentOnce };
    this.tell({ plan });
    return plan.id;
  }

  /** Sends a plan's requests to a port for so many milliseconds. @throws {Error} at the first unexpected answer */
  run(planId: number, port: number, ms: number, options: RunOptions = {}): Promise<RunResult> {
    const run: Run = {
      id: ++this.count,
      planId,
      port,
      ms,
      connections: CONNECTIONS,
      everyMs: 0,
      isAwake: false,
      ...options,
    };
    return new Promise((resolve, reject) => {
      this.waiting.set(run.id, { resolve, reject });
      this.tell({ run });
    });
  }

  stop(): void {
    this.child.disconnect();
  }

  private tell(message: ToProcess): void {
    this.child.send(message);
  }

  private hear(message: FromProcess): void {
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('result' in message) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.failure));
  }
}
