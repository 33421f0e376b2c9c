import { type Round, type Side, spending } from './contest.js';
import type { Load, RunOptions } from './load/load.js';
import type { RunningServer } from './processes.js';

/** How long sides are measured, in milliseconds. */
export interface Durations {
  /** Before anything counts: V8 compiles what is hot only after thousands of calls. */
  readonly warmUpMs: number;
  readonly roundMs: number;
}

/** A server that answers the requests of a plan. */
export interface ServerSideParts {
  readonly name: string;
  readonly does: string;
  readonly server: Pick<RunningServer, 'pid' | 'port'>;
  readonly planId: number;
  readonly options?: RunOptions;
  /** Whether its main thread is what limits it. */
  readonly isSingleThreaded?: boolean;
}

/** A server as one of those that are compared. */
export function serverSide(load: Load, durations: Durations, parts: ServerSideParts): Side {
  const { name, does, server, planId, options, isSingleThreaded = true } = parts;
  const run = async (ms: number): Promise<Round> => {
    const round = await spending(server.pid, () => load.run(planId, server.port, ms, options));
    return isSingleThreaded ? round : { ...round, main: undefined };
  };
  return {
    name,
    does,
    warmUp: async () => void (await run(durations.warmUpMs)),
    round: () => run(durations.roundMs),
  };
}
