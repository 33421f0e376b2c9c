import { availableParallelism } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { Metrics } from '../metrics/metrics.js';
import { traced } from '../tracing/traced.js';
import type { BcryptAnswer, BcryptTask } from './bcrypt.worker.js';

/** When a caller that found the queue full should try again, in seconds. */
const RETRY_AFTER_SECONDS = 2;

const QUEUE_FULL = /queue is at limit/i;

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
  private underWay = 0;

  constructor(
    config: Config,
    worker: HashingWorker,
    private readonly metrics: Metrics,
  ) {
    const threads = config.HASH_THREADS || availableParallelism();
    this.pool = new Piscina({
      filename: worker.url,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      // With them, piscina may take a thread's answer while it hands it work, and then forgets that the thread is to end.
      atomics: 'disabled',
      maxQueue: config.HASH_QUEUE_LIMIT,
      execArgv: THREAD_OPTIONS,
    });
  }

  /** A bcrypt hash under a salt that names the cost. @throws {AuthError} `hashing_overloaded` when the queue is full */
  hash(input: string, salt: string): Promise<string> {
    return this.run({ kind: 'hash', input, salt });
  }

  /** Whether a hash is that of the input. @throws {AuthError} `hashing_overloaded` when the queue is full */
  compare(input: string, hash: string): Promise<boolean> {
    return this.run({ kind: 'compare', input, hash });
  }

  /** How many hashes wait for a thread. */
  get waitingCount(): number {
    return this.pool.queueSize;
  }

  /** How many threads hash. */
  get busyCount(): number {
    return this.underWay - this.pool.queueSize;
  }

  /** How many threads may hash. */
  get threadCount(): number {
    return this.pool.maxThreads;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }

  private async run<T>(task: BcryptTask): Promise<T> {
    const startedAtMs = performance.now();
    this.underWay++;
    try {
      const { value, ms } = await traced('hash', {}, () => this.pool.run(task) as Promise<BcryptAnswer>);
      this.metrics.hashSeconds.observe(ms / 1000);
      this.metrics.hashWaitSeconds.observe(Math.max(0, performance.now() - startedAtMs - ms) / 1000);
      return value as T;
    } catch (cause) {
      if (!(cause instanceof Error) || !QUEUE_FULL.test(cause.message)) throw cause;
      throw new AuthError('hashing_overloaded', { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
    } finally {
      this.underWay--;
    }
  }
}
