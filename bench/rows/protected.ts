import type { Bench } from '../bench.js';
import type { ContestResult, Pair, Side } from '../contest.js';
import { AWAKE } from '../load/load.js';
import type { SimpleJwt } from '../peers/simplejwt.js';
import type { RunningServer } from '../processes.js';
import type { Group, GroupResult } from './group.js';
import { type HotRoute, protectedRoutes } from './routes.js';

const OF_LIMIT = 0.7;
const TIMES_PEER = 10;

/** Protected requests, beside the limit and the peers. */
export const PROTECTED: Group = {
  name: 'protected',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    const routes = protectedRoutes(bench.store);
    const answers = await bench.record(routes.map(({ requests: [first] }) => first!));
    const bare = await bench.limit('answer', answers);
    const plans = routes.map((route) => ({ ...route, planId: bench.load.plan(route.requests) }));
    const contests = [await besideLimit(bench, plans, bare)];
    const { peers, notes } = await peersOf(bench);
    if (peers.length > 0) contests.push(await besidePeers(bench, plans, peers));
    return { contests, notes };
  },
};

type Planned = HotRoute & { readonly planId: number };

async function besideLimit(bench: Bench, routes: readonly Planned[], bare: RunningServer): Promise<ContestResult> {
  const sides: Side[] = [];
  const pairs: Pair[] = [];
  for (const { name, does, planId } of routes) {
    const against = `bare Fastify, ${name}`;
    sides.push(
      bench.hotSide({ name, does, server: bench.service, planId, options: AWAKE }),
      bench.hotSide({ name: against, does: 'the same answer, no check', server: bare, planId, options: AWAKE }),
    );
    pairs.push({ side: name, against, atLeast: OF_LIMIT });
  }
  return bench.hold({ name: 'protected request', sides, pairs });
}

/** The generator sleeps here: gunicorn's processes want its core. */
async function besidePeers(bench: Bench, routes: readonly Planned[], peers: readonly Peer[]): Promise<ContestResult> {
  const ours = routes.map(({ name, does, planId }) =>
    bench.hotSide({ name: `${name} beside peers`, does, server: bench.service, planId }),
  );
  const pairs = peers.flatMap(({ side: { name: against }, isDefault }) =>
    ours.map(({ name: side }): Pair => ({ side, against, ...(isDefault && { atLeast: TIMES_PEER }) })),
  );
  return bench.hold({ name: 'protected request, peers', sides: [...ours, ...peers.map(({ side }) => side)], pairs });
}

interface Peer {
  readonly side: Side;
  /** Whether it is set up as its users get it, rather than for speed. */
  readonly isDefault: boolean;
}

async function peersOf(bench: Bench): Promise<{ readonly peers: Peer[]; readonly notes: string[] }> {
  if (bench.thoroughness.isQuick) return { peers: [], notes: ['--quick leaves out the peers.'] };
  const peers = await betterAuths(bench);
  const simpleJwt = await bench.peers.simpleJwt();
  if (!simpleJwt) return { peers, notes: ['SimpleJWT is left out: Debian’s packages of it are not installed.'] };
  return { peers: [...peers, ...simpleJwts(bench, simpleJwt)], notes: [] };
}

async function betterAuths(bench: Bench): Promise<Peer[]> {
  const sides = [
    {
      cookieCache: 'off',
      name: 'better-auth',
      does: 'cookie’s signature, session and account read from SQLite; no log',
    },
    { cookieCache: 'on', name: 'better-auth, cookie cache', does: 'both cookies’ signatures; no store, no log' },
  ] as const;
  const peers: Peer[] = [];
  for (const { cookieCache, name, does } of sides) {
    const { server, protectedRequests } = await bench.peers.betterAuth(cookieCache);
    const planId = bench.load.plan(protectedRequests);
    peers.push({ side: bench.hotSide({ name, does, server, planId }), isDefault: cookieCache === 'off' });
  }
  return peers;
}

function simpleJwts(bench: Bench, { server, protectedRequests, statelessRequests }: SimpleJwt): Peer[] {
  const sides = [
    { name: 'SimpleJWT', does: 'HS256, account read from SQLite; two processes, no log', requests: protectedRequests },
    { name: 'SimpleJWT, stateless', does: 'HS256; two processes, no store, no log', requests: statelessRequests },
  ];
  return sides.map(({ name, does, requests }, index) => ({
    side: bench.hotSide({ name, does, server, planId: bench.load.plan(requests), isSingleThreaded: false }),
    isDefault: index === 0,
  }));
}
