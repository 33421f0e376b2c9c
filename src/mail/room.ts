import type { Busy, LeasedMail } from './waiting-mails.js';

/** Mails sent concurrently, and the retries among them. */
const AT_ONCE = 10;
const RETRIES_AT_ONCE = 3;

/** Mails sent concurrently for one site (one of them a retry) and to one domain, so that slow mailboxes hold up few. */
const AT_ONCE_PER_SITE = 3;
const AT_ONCE_PER_DOMAIN = 5;

/** Sites and domains that the next mail must not be for, given the mails being sent; `undefined` if no mail may follow. */
export function roomBeside(mails: readonly LeasedMail[], kind: 'first try' | 'retry'): Busy | undefined {
  const retries = mails.filter(({ tries }) => tries > 1);
  if (mails.length >= AT_ONCE || (kind === 'retry' && retries.length >= RETRIES_AT_ONCE)) return undefined;
  return {
    siteKeys: [
      ...timesOver(
        AT_ONCE_PER_SITE,
        mails.map(({ siteKey }) => siteKey),
      ),
      ...(kind === 'retry' ? retries.map(({ siteKey }) => siteKey) : []),
    ],
    domainKeys: timesOver(
      AT_ONCE_PER_DOMAIN,
      mails.map(({ domainKey }) => domainKey),
    ),
  };
}

/** Keys that occur at least `times` times. */
function timesOver(times: number, keys: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].filter(([, count]) => count >= times).map(([key]) => key);
}
