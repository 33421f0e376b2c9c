import { randomBytes } from 'node:crypto';
import type { Bench } from '../bench.js';
import type { Contest, Pair, Side } from '../contest.js';
import { bcryptSide } from '../limits/bcrypt-side.js';
import type { Request } from '../load/request.js';
import { PASSWORD } from '../store/identities.js';
import type { Store } from '../store/store.js';
import type { Group, GroupResult } from './group.js';

const OF_LIMIT = 0.95;
const AFTER =
  'session stored (SQLite, WAL, synchronous=NORMAL), audit event, ES256 and HS256 signed, log line, metrics';

/** More registrations than a run can take. */
const REGISTRATIONS = 3000;

/** Sign-ins of a store's accounts through the token-pair contract. */
export function signInsOf(store: Store): Request[] {
  const mint = store.mint();
  const names = mint.usernames(1000);
  mint.close();
  return names.map((username) => ({
    method: 'POST',
    path: '/token-pair/auth/token',
    body: { username, password: PASSWORD },
  }));
}

/** Registrations of people whom no store knows. */
export function registrations(): Request[] {
  const run = randomBytes(4).toString('hex');
  return Array.from({ length: REGISTRATIONS }, (_, index) => ({
    method: 'POST',
    path: '/token-pair/auth/register',
    body: { username: `new${run}x${index}`, password: PASSWORD },
  }));
}

/** Sign-in and registration, beside bcrypt alone and the peers. */
export const PASSWORDS: Group = {
  name: 'passwords',
  isQuick: true,
  async measure(bench: Bench): Promise<GroupResult> {
    const signIn = await bench.hold(await signInContest(bench));
    return { contests: [signIn, await bench.hold(registerContest(bench))] };
  },
};

async function signInContest(bench: Bench): Promise<Contest> {
  const name = 'sign-in, cost 10';
  const against = 'native bcrypt alone, comparing';
  const planId = bench.load.plan(signInsOf(bench.store));
  const does = `bcrypt cost 10 in threads; account read, ${AFTER}`;
  const sides = [
    bench.hashingSide({ name, does, server: bench.service, planId }),
    bcryptSide(bench, against, 'verify'),
    ...(bench.thoroughness.isQuick ? [] : await peersOf(bench)),
  ];
  const pairs = sides
    .slice(1)
    .map((side): Pair => ({ side: name, against: side.name, ...(side.name === against && { atLeast: OF_LIMIT }) }));
  return { name, sides, pairs };
}

async function peersOf(bench: Bench): Promise<Side[]> {
  const [betterAuth, simpleJwt] = [await bench.peers.betterAuth(), await bench.peers.simpleJwt()];
  const sides = [
    bench.hashingSide({
      name: 'better-auth, sign-in',
      does: 'bcrypt cost 10 (@node-rs/bcrypt, in threads); session stored (SQLite, WAL, synchronous=NORMAL), no log',
      server: betterAuth.server,
      planId: bench.load.plan(betterAuth.signIns),
    }),
  ];
  if (!simpleJwt) return sides;
  sides.push(
    bench.hashingSide({
      name: 'SimpleJWT, sign-in',
      does: 'bcrypt cost 10 (python3-bcrypt, in two processes); refresh token stored (the same durability), no log',
      server: simpleJwt.server,
      planId: bench.load.plan(simpleJwt.signIns),
    }),
  );
  return sides;
}

function registerContest(bench: Bench): Contest {
  const name = 'register, cost 10';
  const against = 'native bcrypt alone, hashing';
  const planId = bench.load.plan(registrations(), 201, true);
  const does = `bcrypt cost 10 in threads; account stored, ${AFTER}`;
  return {
    name,
    sides: [bench.hashingSide({ name, does, server: bench.service, planId }), bcryptSide(bench, against, 'hash')],
    pairs: [{ side: name, against, atLeast: OF_LIMIT }],
  };
}
