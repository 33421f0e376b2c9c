import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { type ContestResult, hold, type Round, type Side } from '../contest.js';
import type { Request } from '../load/request.js';
import type { RunningServer } from '../processes.js';
import type { Group, GroupResult } from './group.js';
import { signInsOf } from './passwords.js';

/** As many as the peers take without losing requests. */
const IN_FLIGHT = 16;
/** Most that Latchkey lets wait, less what the threads take. */
const IN_FLIGHT_AT_OURS = 200;

/** Least rate of the victim's sign-ins under a flood, beside that without one: each may take three times as long. */
const OF_ALONE = 0.33;

/** Time for which a flood rises before the victim signs in, in milliseconds. */
const RISING_MS = 500;

const ONE = { connections: 1 };

/** A server under a flood of wrong passwords. */
interface Flooded {
  readonly name: string;
  readonly server: RunningServer;
  readonly wrong: readonly Request[];
  readonly right: readonly Request[];
  readonly inFlight: number;
  readonly isJudged: boolean;
}

/** One person's sign-ins, one after the other, while somebody floods the service with wrong passwords from one /56. */
export const FLOOD: Group = {
  name: 'flood',
  isQuick: false,
  async measure(bench: Bench): Promise<GroupResult> {
    const contests: ContestResult[] = [];
    for (const flooded of [...(await ours(bench)), ...(await peers(bench))]) contests.push(await flood(bench, flooded));
    return { contests };
  },
};

async function flood(bench: Bench, flooded: Flooded): Promise<ContestResult> {
  const { name, server, inFlight, isJudged } = flooded;
  const planId = bench.load.plan(flooded.right);
  const wrongId = bench.load.plan(flooded.wrong, 401);
  const alone = bench.hashingSide(
    { name: `${name}: a victim's sign-ins, alone`, does: 'one after the other', server, planId, options: ONE },
    bench.thoroughness.storm,
  );
  const beside: Side = {
    name: `${name}: a victim's sign-ins, beside ${inFlight} wrong ones in flight`,
    does: 'the same, while somebody else keeps the hashing threads busy',
    warmUp: async () => {},
    round: async () => {
      const { roundMs } = bench.thoroughness.storm;
      const [round] = await Promise.all([
        wait(RISING_MS).then(() => alone.round()),
        bench.load.run(wrongId, server.port, roundMs + 2 * RISING_MS, { connections: inFlight }),
      ]);
      return round satisfies Round;
    },
  };
  const pair = { side: beside.name, against: alone.name, ...(isJudged && { atLeast: OF_ALONE }) };
  return hold(
    { name: `${name}: flood of wrong passwords`, sides: [alone, beside], pairs: [pair] },
    bench.thoroughness.rounds,
  );
}

/** Without limits, which would end the flood after 200 tries; behind a proxy, which tells where requests come from. */
async function ours(bench: Bench): Promise<Flooded[]> {
  const store = await bench.newStore('flood');
  const server = await store.start({ TRUST_PROXY: '127.0.0.1' });
  bench.atEnd(() => server.stop());
  const right = signInsOf(store).map((request) => from('198.51.100.7', request));
  const wrong = signInsOf(store).map((request, n) => from(`2001:db8:0:${(n % 256).toString(16)}::1`, wrongly(request)));
  return [IN_FLIGHT, IN_FLIGHT_AT_OURS].map((inFlight) => ({
    name: 'Latchkey',
    server,
    right,
    wrong,
    inFlight,
    isJudged: true,
  }));
}

async function peers(bench: Bench): Promise<Flooded[]> {
  const [betterAuth, simpleJwt] = [await bench.peers.betterAuth(), await bench.peers.simpleJwt()];
  const flooded = (name: string, { server, signIns }: Pick<typeof betterAuth, 'server' | 'signIns'>): Flooded => ({
    name,
    server,
    right: signIns,
    wrong: signIns.map(wrongly),
    inFlight: IN_FLIGHT,
    isJudged: false,
  });
  return [flooded('better-auth', betterAuth), ...(simpleJwt ? [flooded('SimpleJWT', simpleJwt)] : [])];
}

function from(ip: string, request: Request): Request {
  return { ...request, headers: { ...request.headers, 'x-forwarded-for': ip } };
}

/** The same sign-in with a password that is not the account's. */
function wrongly(request: Request): Request {
  return { ...request, body: { ...(request.body as object), password: 'Wrong12345' } };
}
