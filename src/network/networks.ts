import { isIPv4, isIPv6 } from 'node:net';

/** An IPv4 address that a proxy wrote with its port, and an IPv6 address in brackets. */
const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$|^\[([^\]]+)\](?::\d+)?$/;

/** What addresses of IPv4 have in front in IPv6: mapped (RFC 4291 §2.5.5.2), and translated by NAT64 (RFC 6052 §2.1). */
const PREFIXES_OF_IPV4: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']);

/** Stands for an address that cannot be read: of a connection that is gone, or named otherwise by a proxy. */
const UNKNOWN = 'unknown';

/** The networks that an address belongs to. A home has a /64 or a /56 of IPv6, a company or a rented server a /48. */
export interface Networks {
  /** In its one spelling. */
  readonly address: string;
  /** Its /64, or /24 of IPv4. */
  readonly network: string;
  /** Its /56, or /24 of IPv4. */
  readonly line: string;
  /** Its /48, or /24 of IPv4. */
  readonly site: string;
}

const NOWHERE: Networks = { address: UNKNOWN, network: UNKNOWN, line: UNKNOWN, site: UNKNOWN };

/** The networks of an address. An IPv4 address that is written as one of IPv6 is one of IPv4. */
export function networksOf(ip: string | undefined = ''): Networks {
  const [, ipv4, ipv6] = WITH_PORT.exec(ip) ?? [];
  const address = (ipv4 ?? ipv6 ?? ip).replace(/%.*$/, '');
  if (isIPv4(address)) return ofIPv4(address.split('.'));
  if (!isIPv6(address)) return NOWHERE;
  const groups = groupsOf(address);
  const isOfIPv4 = PREFIXES_OF_IPV4.has(groups.slice(0, 6).join(':'));
  return isOfIPv4 ? ofIPv4(groups.slice(6).flatMap(bytesOf)) : ofIPv6(groups);
}

/** An IP address as this service writes it, so that two spellings of one compare alike; any other text as it is. */
export function oneSpelling(ip: string): string {
  const { address } = networksOf(ip);
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address === UNKNOWN ? ip : address;
}

function ofIPv4(bytes: readonly (string | number)[]): Networks {
  const network = `${bytes.slice(0, 3).join('.')}.0/24`;
  return { address: bytes.join('.'), network, line: network, site: network };
}

function ofIPv6(groups: readonly string[]): Networks {
  const half = groups[3]!.padStart(4, '0').slice(0, 2);
  return {
    address: groups.join(':'),
    network: `${groups.slice(0, 4).join(':')}::/64`,
    line: `${groups.slice(0, 3).join(':')}:${half}00::/56`,
    site: `${groups.slice(0, 3).join(':')}::/48`,
  };
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
