import { networksOf } from '../network/networks.js';
import type { HashCaller } from '../users/hashing-pool.js';
import type { Client } from './door.js';

/** Who asks for a hash, for the queue in which callers take turns. */
export function hashCaller(client: Client, sessionId = '', isKnown = false): HashCaller {
  const { site, line, network, address } = networksOf(client.ip);
  return {
    caller: [site, line, network, address, sessionId],
    isKnown,
    whenGone: (leave) => client.whenGone(leave),
    beginWaiting: () => client.endTurn(),
  };
}
