import type { Bench } from '../bench.js';
import type { ContestResult, Side } from '../contest.js';
import type { RunningServer } from '../processes.js';
import { Store } from '../store/store.js';
import type { Group, GroupResult } from './group.js';
import { registrations, signInsOf } from './passwords.js';
import { refreshesOf } from './refresh.js';
import { type HotRoute, protectedRoutes, storeRoutes } from './routes.js';
import { measureStorm, stormAt } from './storm.js';

/** A million accounts with three million sessions, 100,000 of them revoked. */
export const MILLION = 1_000_000;

const OF_SMALL = 0.9;

/** How often a storm blows over the large store. */
const STORMS = 3;

/** Every act on a store of a million accounts beside the same on one of a thousand. */
export const GROWTH: Group = {
  name: 'growth',
  isQuick: false,
  async measure(bench: Bench): Promise<GroupResult> {
    const stores = {
      'a thousand accounts': await bench.newStore('grown'),
      'a million accounts': await Store.of(MILLION),
    };
    for (const store of Object.values(stores)) await store.read();
    const services: [string, Store, RunningServer][] = [];
    try {
      for (const [name, store] of Object.entries(stores)) services.push([name, store, await store.start()]);
      const contests = await measureActs(bench, services);
      const [, [name, store, service]] = services as [unknown, (typeof services)[number]];
      const storm = await measureStorm(bench, stormAt(name, service, store, STORMS));
      return { contests: [...contests, storm.contest], figures: storm.figures };
    } finally {
      for (const [, , service] of services) await service.stop();
    }
  },
};

/** The same act on each of the stores. */
interface Act {
  readonly name: string;
  readonly isHashing?: boolean;
  readonly status?: number;
  readonly isSentOnce?: boolean;
  readonly requests: (store: Store) => HotRoute['requests'];
}

const ofRoutes = (routes: (store: Store) => HotRoute[], names: readonly string[]): Act[] =>
  names.map((name) => ({
    name,
    requests: (store) => routes(store).find((route) => route.name === name)?.requests ?? [],
  }));

const ACTS: readonly Act[] = [
  ...ofRoutes(protectedRoutes, ['/protected/me', '/auth/getuser', 'verify']),
  ...ofRoutes(storeRoutes, ['opaque token check', 'introspection']),
  { name: 'first sight of a token', requests: firstSights },
  { name: 'refresh with rotation', isSentOnce: true, requests: (store) => refreshesOf(store) },
  { name: 'sign-in, cost 10', isHashing: true, requests: signInsOf },
  { name: 'register, cost 10', isHashing: true, status: 201, isSentOnce: true, requests: registrations },
];

async function measureActs(
  bench: Bench,
  services: readonly (readonly [string, Store, RunningServer])[],
): Promise<ContestResult[]> {
  const contests: ContestResult[] = [];
  for (const { name, isHashing, status, isSentOnce, requests } of ACTS) {
    const sides = services.map(([size, store, server]): Side => {
      const planId = bench.load.plan(requests(store), status, isSentOnce);
      const parts = { name: `${name}, ${size}`, does: 'as above', server, planId };
      const { hot, hashing } = bench.thoroughness.growth;
      return isHashing ? bench.hashingSide(parts, hashing) : bench.hotSide(parts, hot);
    });
    const [small, large] = sides as [Side, Side];
    const pairs = [{ side: large.name, against: small.name, atLeast: OF_SMALL }];
    contests.push(await bench.hold({ name: `growth: ${name}`, sides, pairs }));
  }
  return contests;
}

/** More tokens than an instance remembers. */
function firstSights(store: Store): HotRoute['requests'] {
  const mint = store.mint();
  const tokens = mint.access(25_000, 'token-pair');
  mint.close();
  return tokens.map((token) => ({ path: '/token-pair/auth/getuser', headers: { authorization: `Bearer ${token}` } }));
}
