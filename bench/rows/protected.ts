import type { Bench } from '../bench.js';
import type { Pair, Side } from '../contest.js';
import type { SimpleJwt } from '../peers/simplejwt.js';
import type { Group, GroupResult } from './group.js';
import { protectedRoutes } from './routes.js';

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
    const sides: Side[] = [];
    const pairs: Pair[] = [];
    for (const { name, does, requests } of routes) {
      const planId = bench.load.plan(requests);
      const limit = `bare Fastify, ${name}`;
      sides.push(
        bench.hotSide({ name, does, server: bench.service, planId }),
        bench.hotSide({ name: limit, does: 'the same answer, no check', server: bare, planId }),
      );
      pairs.push({ side: name, against: limit, atLeast: OF_LIMIT });
    }
    const { peers, notes } = await peersOf(bench);
    for (const { side, isDefault } of peers) {
      sides.push(side);
      for (const { name } of routes)
        pairs.push({ side: name, against: side.name, ...(isDefault && { atLeast: TIMES_PEER }) });
    }
    return { contests: [await bench.hold({ name: 'protected request', sides, pairs })], notes };
  },
};

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
