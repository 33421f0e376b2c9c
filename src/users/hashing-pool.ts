import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { Metrics } from '../metrics/metrics.js';
import { traced } from '../tracing/traced.js';
import type { BcryptAnswer, BcryptTask, Comparison } from './bcrypt.worker.js';
import type { Waiting } from '../network/fair-queue.js';
import { Turnstile } from '../network/turnstile.js';

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
  private readonly turns: Turnstile;

  constructor(
    config: Config,
    worker: HashingWorker,
    private readonly metrics: Metrics,
  ) {
    const threads = config.HASH_THREADS || availableParallelism();
    this.turns = new Turnstile(threads, config.HASH_QUEUE_LIMIT);
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
    return this.turns.waitingCount;
  }

  /** How many threads hash. */
  get busyCount(): number {
    return this.turns.busyCount;
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
    if (!(await this.turns.turn(caller, caller.whenGone)))
      throw new AuthError('hashing_overloaded', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    try {
      const { value, ms } = await traced('hash', {}, () => this.pool.run(task) as Promise<BcryptAnswer>);
      this.metrics.hashSeconds.observe(ms / 1000);
      this.metrics.hashWaitSeconds.observe(Math.max(0, performance.now() - startedAtMs - ms) / 1000);
      return value as T;
    } finally {
      this.turns.end();
    }
  }
}
