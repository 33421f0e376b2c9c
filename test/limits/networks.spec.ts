import { describe, expect, it } from 'vitest';
import { networksOf } from '../../src/network/networks.js';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.0/24'],
    ['192.0.2.255', '192.0.2.0/24'],
    ['192.0.3.7', '192.0.3.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4::', '1:2:3:4::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networksOf(address).network).toBe(network);
  });

  it.each([
    '2001:DB8:1:2::5',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:db8:1:2::1.2.3.4',
    '2001:db8:1:2::5%eth0',
    '[2001:db8:1:2::5]',
    '[2001:db8:1:2::5]:443',
  ])('is the same however its address is spelt: %s', (address) => {
    expect(networksOf(address).network).toBe('2001:db8:1:2::/64');
  });

  it.each([
    '192.0.2.7:49152',
    '::ffff:192.0.2.7',
    '::FFFF:192.0.2.7',
    '::ffff:c000:207',
    '64:ff9b::192.0.2.7',
    '64:ff9b::c000:207',
    '0:0:0:0:0:ffff:192.0.2.7',
    '0000:0000:0000:0000:0000:ffff:c000:0207',
  ])('is that of the IPv4 address in %s', (address) => {
    expect(networksOf(address).network).toBe('192.0.2.0/24');
  });

  it.each([
    undefined,
    '',
    'unknown',
    '_hidden',
    '192.0.2',
    '192.0.2.256',
    '192.0.02.7.1',
    '0x7f.1',
    '192.0.2.7, 198.51.100.1',
    '192.0.2.7/24',
    '::ffff:192.0.2.999',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '[[::1]]',
    '[::1',
    '::1]',
    'http://192.0.2.7',
    '\0',
    '1'.repeat(100_000),
    ':'.repeat(100_000),
  ])('is one for all that is no address: %j', (text) => {
    expect(networksOf(text).network).toBe('unknown');
  });
});
