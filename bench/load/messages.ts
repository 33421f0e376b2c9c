/** Requests that the load generator keeps ready, all of them made before the first is sent. */
export interface Plan {
  readonly id: number;
  readonly requests: readonly string[];
  /** The only status that is not a failure. */
  readonly status: number;
  /** Whether each request may be sent only once: the plan is over with the last of them. */
  readonly isSentOnce: boolean;
}

/** How a plan's requests are sent for a while; where it stops, the next run goes on. */
export interface Run {
  readonly id: number;
  readonly planId: number;
  readonly port: number;
  /** How many requests are in flight: one on each connection. */
  readonly connections: number;
  readonly ms: number;
  /** How long a connection waits from one request to the next, in milliseconds. */
  readonly everyMs: number;
  /**
   * Whether the generator never sleeps while it waits for answers. To wake another process takes a server as long as all its
   * own work, and only the slower of two servers finds it asleep. Not for servers that want the generator's core.
   */
  readonly isAwake: boolean;
}

/** What a run came to. */
export interface RunResult {
  readonly completed: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** What the process is told, and what it answers. */
export type ToProcess = { readonly plan: Plan } | { readonly run: Run };
export type FromProcess = { readonly id: number } & ({ readonly result: RunResult } | { readonly failure: string });
