import type { Bench } from '../bench.js';
import type { Group, GroupResult } from './group.js';

/** So many tokens, each a stranger when it comes round again: an instance remembers 20,000. */
const TOKENS = 60_000;
const OF_LIMIT = 0.9;
const PATH = '/token-pair/auth/getuser';

/** Protected requests whose tokens the instance has not seen: signed beside it, with its key. */
export const FIRST_SIGHT: Group = {
  name: 'first-sight',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    const mint = bench.store.mint();
    const tokens = mint.access(bench.thoroughness.isQuick ? TOKENS / 2 : TOKENS, 'token-pair');
    mint.close();
    const requests = tokens.map((token) => ({ path: PATH, headers: { authorization: `Bearer ${token}` } }));
    const limit = await bench.limit('verification', await bench.record(requests.slice(-1)), bench.store.folder);
    const side = 'first sight of a token';
    const against = 'bare Fastify with one ES256 verification';
    const contest = {
      name: side,
      sides: [
        bench.hotSide({
          name: side,
          does: 'ES256, claims, expiry, revocations, token remembered; request id, log line, metrics',
          server: bench.service,
          planId: bench.load.plan(requests),
        }),
        bench.hotSide({
          name: against,
          does: 'ES256 by node:crypto, JSON, expiry, issuer, audience, kid',
          server: limit,
          planId: bench.load.plan(requests),
        }),
      ],
      pairs: [{ side, against, atLeast: OF_LIMIT }],
    };
    return { contests: [await bench.hold(contest)] };
  },
};
