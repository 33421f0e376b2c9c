import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { Metrics } from '../metrics/metrics.js';
import { traced } from '../tracing/traced.js';
import type { BcryptAnswer, BcryptTask, Comparison } from './bcrypt.worker.js';
import { FairQueue, type Waiting } from '../network/fair-queue.js';

/** When a caller that found the queue full should try again, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** Who asks for a hash. */
export interface HashCaller extends Waiting {
  /** Calls back once nobody waits for the answer any more. Answers a function that takes this back. */
  readonly whenGone: (leave: () => void) => () => void;
  /** Lets others use the store meanwhile. */
  readonly beginWaiting: () => void;
}

/** The service itself, at which nobody queues. */
export const BY_ITSELF: HashCaller = {
  caller: ['', '', '', '', ''],
  isKnown: true,
  whenGone: () => () => {},
  beginWaiting: () => {},
};

type Refusal = Pick<Comparison, 'mayMatch' | 'decoys'>;

interface WaitingHash extends Waiting {
  readonly start: () => void;
  readonly refuse: () => void;
}

/**
 * Makes the pool load its module by `import()`: while it loads it by `require()`, the end of a thread aborts the whole process
 * (an assertion in Node's `CreateRequiredModuleFacade`), and a service that is stopped just after its start would crash.
 */
const THREAD_OPTIONS = ['--no-experimental-require-module'];

/**
 * How long a thread without work is kept, in milliseconds. Each holds 10 MB, and takes 40 ms to begin, which the first sign-in
 * after a quiet time waits for.
 */
const IDLE_MS = 60_000;

/** The module that hashing threads run, as a URL of compiled code. */
export class HashingWorker {
  constructor(readonly url = new URL('./bcrypt.worker.js', import.meta.url).href) {}
}

/** The threads that hash. One bcrypt on the main thread would stall every other request for its whole duration. */
@Injectable()
export class HashingPool implements OnApplicationShutdown {
  private readonly pool: Piscina;
  private readonly queue: FairQueue<WaitingHash>;
  private busy = 0;

  constructor(
    config: Config,
    worker: HashingWorker,
    private readonly metrics: Metrics,
  ) {
    const threads = config.HASH_THREADS || availableParallelism();
    this.queue = new FairQueue(config.HASH_QUEUE_LIMIT);
    this.pool = new Piscina({
      filename: worker.url,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      // With them, piscina may take a thread's answer while it hands it work, and then forgets that the thread is to end.
      atomics: 'disabled',
      execArgv: THREAD_OPTIONS,
    });
  }

  /** A bcrypt hash under a salt that names the cost. @throws {AuthError} `hashing_overloaded` */
  hash(input: string, salt: string, caller: HashCaller): Promise<string> {
    return this.run({ kind: 'hash', input, salt }, caller);
  }

  /**
   * True if a hash is that of the input.
   * @param refusal what more a refusal costs, and whether a match is one too
   * @throws {AuthError} `hashing_overloaded`
   */
  compare(input: string, hash: string, caller: HashCaller, refusal: Refusal = {}): Promise<boolean> {
    return this.run({ kind: 'compare', input, hash, ...refusal }, caller);
  }

  /** How many hashes wait for a thread. */
  get waitingCount(): number {
    return this.queue.size;
  }

  /** How many threads hash. */
  get busyCount(): number {
    return this.busy;
  }

  /** How many threads may hash. */
  get threadCount(): number {
    return this.pool.maxThreads;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }

  private async run<T>(task: BcryptTask, caller: HashCaller): Promise<T> {
    const startedAtMs = performance.now();
    caller.beginWaiting();
    await this.turn(caller);
    try {
      const { value, ms } = await traced('hash', {}, () => this.pool.run(task) as Promise<BcryptAnswer>);
      this.metrics.hashSeconds.observe(ms / 1000);
      this.metrics.hashWaitSeconds.observe(Math.max(0, performance.now() - startedAtMs - ms) / 1000);
      return value as T;
    } finally {
      this.busy--;
      this.queue.take()?.start();
    }
  }

  /**
   * Waits for a thread, which is counted as busy then.
   * @throws {AuthError} `hashing_overloaded` if others deserve the room more, or nobody waits for the answer any more
   */
  private async turn({ caller, isKnown, whenGone }: HashCaller): Promise<void> {
    if (this.busy < this.threadCount) return void this.busy++;
    await new Promise<void>((resolve, reject) => {
      const refuse = (): void => {
        stayed();
        reject(new AuthError('hashing_overloaded', { retryAfterSeconds: RETRY_AFTER_SECONDS }));
      };
      const start = (): void => {
        stayed();
        this.busy++;
        resolve();
      };
      const waiting: WaitingHash = { caller, isKnown, start, refuse };
      const stayed = whenGone(() => {
        this.queue.remove(waiting);
        refuse();
      });
      this.queue.add(waiting)?.refuse();
    });
  }
}
