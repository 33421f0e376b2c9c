import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contest, type ContestResult, hold, type Side } from './contest.js';
import { exchange } from './load/exchange.js';
import { Load } from './load/load.js';
import type { Request } from './load/request.js';
import type { RecordedAnswer } from './limits/reply.js';
import { Peers } from './peers/peers.js';
import { type RunningServer, startServer } from './processes.js';
import { type Durations, type ServerSideParts, serverSide } from './sides.js';
import { SETTINGS, Store } from './store/store.js';

/** How thorough a run is. */
export interface Thoroughness {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Where a request takes microseconds, where it takes a password's hash, and where many hashes are wanted at once. */
  readonly hot: Durations;
  readonly hashing: Durations;
  readonly storm: Durations;
  /** The same for each of the many acts that are compared on a small and a large store. */
  readonly growth: { readonly hot: Durations; readonly hashing: Durations };
}

const GROWTH = { hot: { warmUpMs: 800, roundMs: 600 }, hashing: { warmUpMs: 500, roundMs: 1500 } };

/** Under ten minutes in all. */
export const FULL: Thoroughness = {
  isQuick: false,
  rounds: 5,
  hot: { warmUpMs: 1200, roundMs: 1000 },
  // Long, as what V8 has compiled after so few requests is a hundredth of the figure, and half a hash at the end another.
  hashing: { warmUpMs: 5000, roundMs: 3500 },
  storm: { warmUpMs: 500, roundMs: 2500 },
  growth: GROWTH,
};

/** Under two. */
export const QUICK: Thoroughness = {
  isQuick: true,
  rounds: 3,
  hot: { warmUpMs: 800, roundMs: 600 },
  hashing: { warmUpMs: 300, roundMs: 1500 },
  storm: { warmUpMs: 300, roundMs: 1500 },
  growth: GROWTH,
};

/** How many accounts the store of most measurements has, with three sessions each. */
const ACCOUNTS = 1000;

/** Enough that no hashing thread ever waits, and few, since a round ends only when the last of them is answered. */
const HASHING_CONNECTIONS = 8;

/** Headers that servers set by themselves, or that differ from answer to answer. */
const NOT_RECORDED = ['content-length', 'date', 'connection', 'keep-alive', 'x-request-id'];

/** What every measurement works with: a service on a small store, a load generator, and a folder that goes away. */
export class Bench {
  readonly peers: Peers;
  private readonly ends: (() => unknown)[] = [];

  private constructor(
    readonly thoroughness: Thoroughness,
    readonly folder: string,
    readonly load: Load,
    readonly store: Store,
    readonly service: RunningServer,
  ) {
    this.peers = new Peers(folder, (end) => this.atEnd(end));
  }

  static async open(thoroughness: Thoroughness): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-run-'));
    // Also when the run breaks off.
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const store = await smallStore(join(folder, 'small'));
    const bench = new Bench(thoroughness, folder, new Load(), store, await store.start());
    bench.atEnd(() => bench.service.stop());
    return bench;
  }

  /** Has something done when the run is over. */
  atEnd(end: () => unknown): void {
    this.ends.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
    this.load.stop();
  }

  /** A store like that of the service, in its state at the start. @param name the folder that it is in */
  newStore(name: string): Promise<Store> {
    return smallStore(join(this.folder, name));
  }

  /** A side where a request takes microseconds. */
  hotSide(parts: ServerSideParts, durations = this.thoroughness.hot): Side {
    return serverSide(this.load, durations, parts);
  }

  /** A side where a request takes a password's hash; it may use every core, and a few in flight keep it busy. */
  hashingSide(parts: ServerSideParts, durations = this.thoroughness.hashing): Side {
    const options = { connections: HASHING_CONNECTIONS, ...parts.options };
    return serverSide(this.load, durations, { ...parts, options, isSingleThreaded: false });
  }

  hold(contest: Contest): Promise<ContestResult> {
    return hold(contest, this.thoroughness.rounds);
  }

  /** What the service answers to each of these requests. @throws {Error} if that is no success */
  async record(requests: readonly Request[], port = this.service.port): Promise<RecordedAnswer[]> {
    return Promise.all(requests.map((request) => recorded(port, request)));
  }

  /** Starts a program of `bench/limits/` that gives these answers, until the run is over. */
  async limit(name: string, answers: readonly RecordedAnswer[], folder = ''): Promise<RunningServer> {
    const server = await startServer({
      command: process.execPath,
      args: ['--import', 'tsx', `bench/limits/${name}.ts`],
      env: {
        ANSWERS: JSON.stringify(answers),
        DATA_DIR: folder,
        PUBLIC_URL: SETTINGS.PUBLIC_URL,
        NODE_ENV: 'production',
      },
      answers: '/',
    });
    this.atEnd(() => server.stop());
    return server;
  }
}

/** A store that nobody else uses, with the same keys as every other one. */
async function smallStore(folder: string): Promise<Store> {
  return (await Store.of(ACCOUNTS)).copyTo(folder);
}

async function recorded(port: number, request: Request): Promise<RecordedAnswer> {
  const { status, headers, body } = await exchange(port, request);
  if (status >= 300) throw new Error(`${request.path} was answered ${status}: ${body}`);
  for (const name of NOT_RECORDED) headers.delete(name);
  return { method: request.method ?? 'GET', path: request.path, status, headers: Object.fromEntries(headers), body };
}
