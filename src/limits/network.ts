import { isIPv4, isIPv6 } from 'node:net';

/** An IPv4 address that a proxy wrote with its port, and an IPv6 address in brackets. */
const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$|^\[([^\]]+)\](?::\d+)?$/;

/** The network of whoever has no address that could be read: gone already, or named otherwise by a proxy. */
const NOWHERE = 'unknown';

/**
 * The network that an address counts for: its /24, of IPv6 its /64, as one customer has them. An IPv4 address mapped into
 * IPv6 is one of IPv4.
 */
export function networkOf(ip: string | undefined = ''): string {
  const [, ipv4, ipv6] = WITH_PORT.exec(ip) ?? [];
  const address = (ipv4 ?? ipv6 ?? ip).replace(/%.*$/, '');
  if (isIPv4(address)) return networkOfIPv4(address.split('.'));
  if (!isIPv6(address)) return NOWHERE;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  return isMapped ? networkOfIPv4(groups.slice(6).flatMap(bytesOf)) : `${groups.slice(0, 4).join(':')}::/64`;
}

function networkOfIPv4(bytes: readonly (string | number)[]): string {
  return `${bytes.slice(0, 3).join('.')}.0/24`;
}

/** The eight groups of an IPv6 address in their one spelling; the URL parser reads every form there is. */
function groupsOf(address: string): string[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}

function bytesOf(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
