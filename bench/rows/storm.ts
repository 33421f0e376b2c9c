import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { hold, type ContestResult, type Round, type Side, spending } from '../contest.js';
import { type Figure, figure } from '../figure.js';
import type { Request } from '../load/request.js';
import type { RunResult } from '../load/messages.js';
import type { RunningServer } from '../processes.js';
import { spreadOf } from '../statistics.js';
import type { Store } from '../store/store.js';
import type { Group, GroupResult } from './group.js';
import { signInsOf } from './passwords.js';
import { protectedRoutes } from './routes.js';

const IN_FLIGHT = 64;
/** As many as the peers take without losing requests. */
const IN_FLIGHT_AT_PEERS = 16;
const PEER_ROUNDS = 2;

/** The one who asks protected requests meanwhile waits so long from one to the next, in milliseconds. */
const EVERY_MS = 5;

/** How long a storm blows before that one begins, in milliseconds. */
const RISING_MS = 500;

const OF_ALONE = 0.85;
const MEDIAN_MS = 3;
const P99_MS = 25;

/** A server in a storm of sign-ins. */
export interface Weather {
  readonly name: string;
  readonly server: RunningServer;
  readonly signIns: readonly Request[];
  readonly protectedRequests: readonly Request[];
  readonly inFlight: number;
  readonly rounds: number;
  readonly isJudged: boolean;
}

/** Protected requests while as many sign in as can, and the sign-ins beside them. */
export const STORM: Group = {
  name: 'storm',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    const { isQuick, rounds } = bench.thoroughness;
    // The last of so many in flight take seconds to be answered.
    const ours = stormAt('Latchkey', bench.service, bench.store, isQuick ? 2 : rounds);
    const all = [ours, ...(isQuick ? [] : await peers(bench))];
    const contests: ContestResult[] = [];
    const figures: Figure[] = [];
    for (const weather of all) {
      const measured = await measureStorm(bench, weather);
      contests.push(measured.contest);
      figures.push(...measured.figures);
    }
    return { contests, figures };
  },
};

/** A storm at a service of ours, which is judged. */
export function stormAt(name: string, server: RunningServer, store: Store, rounds: number): Weather {
  const [me] = protectedRoutes(store);
  const protectedRequests = me?.requests ?? [];
  return { name, server, signIns: signInsOf(store), protectedRequests, inFlight: IN_FLIGHT, rounds, isJudged: true };
}

/** The sign-ins of a storm with and without protected requests beside them, and how long these take. */
export async function measureStorm(
  bench: Bench,
  weather: Weather,
): Promise<{ readonly contest: ContestResult; readonly figures: Figure[] }> {
  const probes: RunResult[] = [];
  const contest = await blow(bench, weather, probes);
  return { contest, figures: figuresOf(weather, probes) };
}

async function blow(bench: Bench, weather: Weather, probes: RunResult[]): Promise<ContestResult> {
  const { name, server, inFlight, isJudged, rounds } = weather;
  const planId = bench.load.plan(weather.signIns);
  const options = { connections: inFlight };
  const parts = {
    name: `${name}: ${inFlight} sign-ins in flight, alone`,
    does: 'bcrypt cost 10 and what belongs to a sign-in',
    server,
    planId,
    options,
  };
  const alone = bench.hashingSide(parts, bench.thoroughness.storm);
  const beside: Side = {
    name: `${name}: ${inFlight} sign-ins in flight, beside protected requests`,
    does: `the same, and a protected request every ${EVERY_MS} ms over one connection`,
    warmUp: () => alone.warmUp(),
    round: () => storm(bench, weather, planId, probes),
  };
  const pair = { side: beside.name, against: alone.name, ...(isJudged && { atLeast: OF_ALONE }) };
  return hold({ name: `${name}: storm of sign-ins`, sides: [alone, beside], pairs: [pair] }, rounds);
}

async function storm(bench: Bench, weather: Weather, planId: number, probes: RunResult[]): Promise<Round> {
  const { server, inFlight, protectedRequests } = weather;
  const { roundMs } = bench.thoroughness.storm;
  const probePlan = bench.load.plan(protectedRequests);
  const probing = wait(RISING_MS).then(() =>
    bench.load.run(probePlan, server.port, roundMs, { connections: 1, everyMs: EVERY_MS }),
  );
  const [round, probe] = await Promise.all([
    spending(server.pid, () => bench.load.run(planId, server.port, roundMs + RISING_MS, { connections: inFlight })),
    probing,
  ]);
  probes.push(probe);
  return { ...round, main: undefined };
}

function figuresOf({ name, inFlight, isJudged }: Weather, probes: readonly RunResult[]): Figure[] {
  const what = `${name}: protected request beside ${inFlight} sign-ins in flight`;
  const how = `one connection, a request every ${EVERY_MS} ms; of each round, and the median of the rounds`;
  const judged = (atMost: number): { atMost?: number } => (isJudged ? { atMost } : {});
  const of = (read: (probe: RunResult) => number): number[] => probes.map(read);
  return [
    figure({
      name: `${what}, median`,
      unit: 'ms',
      value: spreadOf(of(({ p50Ms }) => p50Ms)),
      how,
      ...judged(MEDIAN_MS),
    }),
    figure({ name: `${what}, p99`, unit: 'ms', value: spreadOf(of(({ p99Ms }) => p99Ms)), how, ...judged(P99_MS) }),
  ];
}

async function peers(bench: Bench): Promise<Weather[]> {
  const common = { inFlight: IN_FLIGHT_AT_PEERS, rounds: PEER_ROUNDS, isJudged: false };
  const [betterAuth, simpleJwt] = [await bench.peers.betterAuth(), await bench.peers.simpleJwt()];
  return [
    { ...common, ...betterAuth, name: 'better-auth' },
    ...(simpleJwt ? [{ ...common, ...simpleJwt, name: 'SimpleJWT' }] : []),
  ];
}
