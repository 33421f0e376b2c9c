import type { SpentLimit } from '../errors/auth-error.js';

/** The header fields that tell of a spent budget (draft-ietf-httpapi-ratelimit-headers-10 §2 and §3). */
export function rateLimitFields(
  { name, points, seconds }: SpentLimit,
  retryAfterSeconds = seconds,
): Readonly<Record<'ratelimit' | 'ratelimit-policy', string>> {
  return {
    'ratelimit-policy': `"${name}";q=${points};w=${seconds}`,
    ratelimit: `"${name}";r=0;t=${retryAfterSeconds}`,
  };
}
