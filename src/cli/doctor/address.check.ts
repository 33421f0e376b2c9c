import type { Config } from '../../config/env.js';
import { type Finding, ok, warn } from './finding.js';

const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** Whether clients can reach the service at `PUBLIC_URL`, and nobody listens in. */
export function checkAddress({ PUBLIC_URL, HOST }: Config): Finding[] {
  const { protocol, hostname } = new URL(PUBLIC_URL);
  const isHere = LOOPBACK.test(hostname);
  if (isHere && !LOOPBACK.test(HOST))
    return [
      warn(
        'address',
        `PUBLIC_URL is ${PUBLIC_URL}, while HOST=${HOST} lets others in`,
        'set PUBLIC_URL to the address that clients use: it is in every token and every mailed link',
      ),
    ];
  if (!isHere && protocol === 'http:')
    return [
      warn(
        'address',
        `PUBLIC_URL is ${PUBLIC_URL}: passwords and tokens travel unprotected`,
        'put a proxy with TLS before the service, and set PUBLIC_URL to its https address',
      ),
    ];
  return [ok('address', `PUBLIC_URL is ${PUBLIC_URL}`)];
}

/** Whether limits are on, and tell callers apart. */
export function checkLimits({ LIMITS, TRUST_PROXY, PUBLIC_URL, HOST }: Config): Finding[] {
  const findings: Finding[] = [];
  if (!LIMITS)
    findings.push(
      warn(
        'limits',
        'LIMITS=off: passwords can be guessed without end',
        'set LIMITS=on, except in a closed test network',
      ),
    );
  if (TRUST_PROXY.length === 0 && PUBLIC_URL.startsWith('https:'))
    findings.push(
      warn(
        'limits',
        `PUBLIC_URL is https and TRUST_PROXY is empty: if a proxy stands before ${HOST}, all callers are counted as one`,
        'set TRUST_PROXY to the address of the proxy',
      ),
    );
  return findings.length > 0 ? findings : [ok('limits', 'attempts are limited by the network they come from')];
}
