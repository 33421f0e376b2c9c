import type { Quota } from '../config/setting.js';
import { type Networks, networksOf } from '../network/networks.js';
import type { Budget } from './budget-store.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** How much more than an address its networks may fail, under one name and under all. */
export const LEVELS = [
  { level: 'address', ofName: 1, ofAll: 1 },
  { level: 'network', ofName: 2, ofAll: 2 },
  { level: 'line', ofName: 4, ofAll: 4 },
  { level: 'site', ofName: 6, ofAll: 8 },
] as const;

/** The same for what only networks are limited in. */
const WIDER = [
  { level: 'network', times: 1 },
  { level: 'line', times: 2 },
  { level: 'site', times: 4 },
] as const;

/** The levels at which an address has a network of its own: one of IPv4 has its /24 only. */
export function levelsOf<Level extends { readonly level: keyof Networks }>(
  levels: readonly Level[],
  from: Networks,
): Level[] {
  return levels.filter(({ level }) => level === 'address' || level === 'network' || from[level] !== from.network);
}

/** The budgets of what only networks are limited in. */
export function perNetwork(name: string, ip: string | undefined, quota: Quota): Budget[] {
  const from = networksOf(ip);
  return levelsOf(WIDER, from).map(({ level, times: factor }) => ({
    name: level === 'network' ? name : `${name}-${level}`,
    of: from[level],
    quota: times(quota, factor),
  }));
}

/**
 * The budgets of acts that leave something in the store. No neighbour can spend all that a network or a site has: an address
 * has half the quota of its network, and a /56 half that of its /48, which in a day may do what a network may in five hours.
 */
export function lasting(name: string, from: Networks, quota: Quota): Budget[] {
  const part = (share: number): Quota => ({ ...quota, points: Math.ceil(quota.points * share) });
  const inADay = (hours: number): Quota => ({
    points: Math.ceil((quota.points * hours * HOUR_SECONDS) / quota.seconds),
    seconds: DAY_SECONDS,
  });
  const quotas = { address: part(1 / 2), network: quota, line: inADay(2.5), site: inADay(5) };
  return levelsOf(LEVELS, from).map(({ level }) => ({
    name: `${name}-${level}`,
    of: from[level],
    quota: quotas[level],
  }));
}

/** A quota so many times as large. */
export function times({ points, seconds }: Quota, factor: number): Quota {
  return { points: points * factor, seconds };
}
