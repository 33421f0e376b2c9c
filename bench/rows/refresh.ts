import type { Bench } from '../bench.js';
import type { Request } from '../load/request.js';
import type { Pair, Side } from '../contest.js';
import type { Store } from '../store/store.js';
import type { Group, GroupResult } from './group.js';

const OF_LIMIT = 0.6;

/** More than a side exchanges in all its rounds. */
const REFRESHES = 80_000;
const PATH = '/token-pair/auth/token/refresh';
const DURABILITY = 'SQLite, WAL, synchronous=NORMAL';

/** Refreshes of a store's sessions, each of which may be sent once. */
export function refreshesOf(store: Store, count = REFRESHES): Request[] {
  const mint = store.mint();
  const tokens = mint.refresh(count);
  mint.close();
  return tokens.map((refresh) => ({ method: 'POST', path: PATH, body: { refresh } }));
}

/** Refreshes with rotation, beside the limit and SimpleJWT; better-auth has none. */
export const REFRESH: Group = {
  name: 'refresh',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    // The limit writes, so it has a store of its own.
    const copy = await bench.newStore('refresh-limit');
    const [first, ...requests] = refreshesOf(bench.store) as [Request, ...Request[]];
    const limit = await bench.limit('refresh', await bench.record([first]), copy.folder);
    const side = 'refresh with rotation';
    const against = 'bare Fastify with the same statement and two signatures';
    const sides: Side[] = [
      bench.hotSide({
        name: side,
        does: `HS256, one UPDATE … RETURNING (${DURABILITY}), ES256 and HS256 signed; usage, request id, log line, metrics`,
        server: bench.service,
        planId: bench.load.plan(requests, 200, true),
      }),
      bench.hotSide({
        name: against,
        does: `HS256, the same UPDATE prepared (${DURABILITY}), ES256 and HS256 signed by node:crypto`,
        server: limit,
        planId: bench.load.plan(refreshesOf(copy), 200, true),
      }),
    ];
    const pairs: Pair[] = [{ side, against, atLeast: OF_LIMIT }];
    const simpleJwt = bench.thoroughness.isQuick ? undefined : await bench.peers.simpleJwt();
    if (simpleJwt) {
      sides.push(
        bench.hotSide({
          name: 'SimpleJWT, refresh',
          does: `HS256, black list read and written (${DURABILITY}), two HS256 signed; two processes, no log`,
          server: simpleJwt.server,
          planId: bench.load.plan(simpleJwt.refreshes, 200, true),
          isSingleThreaded: false,
        }),
      );
      pairs.push({ side, against: 'SimpleJWT, refresh' });
    }
    return { contests: [await bench.hold({ name: side, sides, pairs })] };
  },
};
