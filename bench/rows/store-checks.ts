import type { Bench } from '../bench.js';
import type { ContestResult } from '../contest.js';
import { AWAKE } from '../load/load.js';
import type { Group, GroupResult } from './group.js';
import { type HotRoute, storeRoutes } from './routes.js';

/** Opaque tokens and introspection, beside the limit. */
export const STORE_CHECKS: Group = {
  name: 'store-checks',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    const contests: ContestResult[] = [];
    for (const route of storeRoutes(bench.store)) contests.push(await measureRoute(bench, route));
    return { contests };
  },
};

async function measureRoute(bench: Bench, { name, does, requests, atLeast }: HotRoute): Promise<ContestResult> {
  const limit = await bench.limit('answer', await bench.record(requests.slice(0, 1)));
  const planId = bench.load.plan(requests);
  const against = `bare Fastify, ${name}`;
  return bench.hold({
    name,
    sides: [
      bench.hotSide({ name, does, server: bench.service, planId, options: AWAKE }),
      bench.hotSide({ name: against, does: 'the same answer, no check', server: limit, planId, options: AWAKE }),
    ],
    pairs: [{ side: name, against, atLeast }],
  });
}
