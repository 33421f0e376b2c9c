import type { Config } from '../config/env.js';

const DAY_MS = 86_400_000;

/** How long beyond its last token a key stays published, in milliseconds: instances' clocks differ a little. */
const MARGIN_MS = 5 * 60_000;

/** When a key signs, and how long its tokens live. */
export interface ScheduledKey {
  readonly algorithm: string;
  readonly createdAt: Date;
  /** When it begins to sign, unless a later key already does. */
  readonly signsFrom: Date;
  /** The longest life of a token that it may have signed, in seconds. */
  readonly tokenSeconds: number;
}

/** The longest life of an access token, in seconds. A contract with a setting of its own for that is listed here. */
export function longestTokenSeconds(config: Config): number {
  const { BARE_TOKEN_TTL, ACCESS_TOKEN_TTL, COOKIE_TOKEN_TTL, BASIC_ACCESS_TTL, CLIENT_TOKEN_TTL } = config;
  return Math.max(BARE_TOKEN_TTL, ACCESS_TOKEN_TTL, COOKIE_TOKEN_TTL, BASIC_ACCESS_TTL, CLIENT_TOKEN_TTL);
}

/**
 * The key that signs at a time: the last whose turn has come. If those were all withdrawn, the next in line, which caches
 * of the JWKS may know already.
 * @param keys in the order in which they sign
 */
export function signerAt<Key extends ScheduledKey>(keys: readonly Key[], nowMs: number): Key | undefined {
  return keys.findLast(({ signsFrom }) => signsFrom.getTime() <= nowMs) ?? keys[0];
}

/**
 * When a key that is to be published now begins to sign; `undefined` if none is due. The very first signs at once. Every
 * later one is published `KEY_PUBLISH_AHEAD` before, however late it is, so that no cache of the JWKS misses it.
 * @param keys in the order in which they sign
 */
export function nextKeyDue(keys: readonly ScheduledKey[], config: Config, nowMs: number): Date | undefined {
  if (keys.length === 0) return new Date(nowMs);
  const aheadMs = config.KEY_PUBLISH_AHEAD * 1000;
  // A key whose turn is further away than any schedule puts it was made while the clock was wrong.
  const farthestMs = nowMs + aheadMs + config.KEY_ROTATION_DAYS * DAY_MS;
  const last = keys.findLast(({ signsFrom }) => signsFrom.getTime() <= farthestMs);
  if (!last) return new Date(nowMs + aheadMs);
  if (!isCurrent(keys, config.JWT_ALGORITHM, nowMs)) return new Date(nowMs + aheadMs);
  const turnMs = last.signsFrom.getTime() + config.KEY_ROTATION_DAYS * DAY_MS;
  return nowMs < turnMs - aheadMs ? undefined : new Date(Math.max(turnMs, nowMs + aheadMs));
}

/** Whether a key of an algorithm signs or waits for its turn; that of an instance with another setting may come after it. */
function isCurrent(keys: readonly ScheduledKey[], algorithm: string, nowMs: number): boolean {
  const signer = signerAt(keys, nowMs);
  return keys.some((key) => key.algorithm === algorithm && (key === signer || key.signsFrom.getTime() > nowMs));
}

/** How long a key stays published once its successor signs: until the last token that it may have signed has expired. */
export function publishedUntil({ tokenSeconds }: ScheduledKey, successor: ScheduledKey): Date {
  return new Date(successor.signsFrom.getTime() + tokenSeconds * 1000 + MARGIN_MS);
}

/** The keys whose last token has expired. @param keys in the order in which they sign */
export function retiredAt<Key extends ScheduledKey>(keys: readonly Key[], nowMs: number): Key[] {
  return keys.filter((key, i) => {
    const successor = keys[i + 1];
    return successor && publishedUntil(key, successor).getTime() < nowMs;
  });
}
