import type { Sending } from './http.js';
import type { Environment } from './service.js';

/** Limits as they are by default, behind a proxy that says where requests come from: the test itself. */
export const LIMITED: Environment = { LIMITS: 'on', TRUST_PROXY: '127.0.0.1', REGISTRATION_LIMIT: '100000/1h' };

let count = 0;

/** An address in a network that no other test asks from. */
export function newNetwork(): string {
  count++;
  return `10.${count >> 8}.${count & 255}.1`;
}

/** The same request, from an address. */
export function from<T extends Sending>(ip: string, request: T): T {
  return { ...request, headers: { ...request.headers, 'x-forwarded-for': ip } };
}
