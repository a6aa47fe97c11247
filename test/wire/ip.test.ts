import { describe, expect, test } from '@jest/globals';
import { hostKeyOf, ipOf, isInRange, isLoopback, parseIpRange } from '../../src/wire/ip.js';
import { toHex } from '../../src/wire/hex.js';

describe('the address in a multiaddr', () => {
  test.each([
    ['/ip4/10.1.2.3/tcp/4001', '0a010203'],
    ['/ip4/10.1.2.3/udp/4001/quic-v1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5', '0a010203'],
    ['/ip6/2001:db8::1/tcp/4001', '20010db8000000000000000000000001'],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/1', 'fe800000000000000000000000000001'],
    ['/ip6/::ffff:10.1.2.3/tcp/1', '0a010203'],
    ['/dns4/example.org/tcp/1', undefined],
    ['/memory/a', undefined],
    ['/ip4/10.1.2.300/tcp/1', undefined],
    ['nonsense', undefined],
  ])('%s -> %s', (address, hex) => {
    const ip = ipOf(address);
    expect(ip === undefined ? undefined : toHex(ip)).toBe(hex);
  });
});

describe('ranges', () => {
  test.each([
    ['10.0.0.0/8', '/ip4/10.255.255.255', true],
    ['10.0.0.0/8', '/ip4/11.0.0.0', false],
    ['10.16.0.0/12', '/ip4/10.31.255.255', true],
    ['10.16.0.0/12', '/ip4/10.32.0.0', false],
    ['10.1.2.3', '/ip4/10.1.2.3', true],
    ['10.1.2.3', '/ip4/10.1.2.2', false],
    ['10.1.2.2/31', '/ip4/10.1.2.3', true],
    ['10.1.2.2/31', '/ip4/10.1.2.4', false],
    ['0.0.0.0/0', '/ip4/255.1.2.3', true],
    ['0.0.0.0/0', '/ip6/::2', false],
    ['::/0', '/ip4/1.2.3.4', false],
    ['::/0', '/ip6/ff00::1', true],
    ['2001:db8::/33', '/ip6/2001:db8:7fff::1', true],
    ['2001:db8::/33', '/ip6/2001:db8:8000::1', false],
    ['2001:db8::1', '/ip6/2001:db8::1', true],
    ['10.0.0.0/8', '/ip6/::ffff:10.1.2.3', true],
  ])('%s holds %s: %s', (range, address, holds) => {
    expect(isInRange(parseIpRange(range), ipOf(address) as Uint8Array)).toBe(holds);
  });

  test.each([
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'example.org',
    '1.2.3.4/a',
  ])('"%s" is none', (text) => {
    expect(() => parseIpRange(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});

test.each([
  ['/ip4/10.1.2.3', '10.1.2.3', false],
  ['/ip4/127.9.9.9', '127.9.9.9', true],
  ['/ip6/::1', '0000000000000000/64', true],
  ['/ip6/::2', '0000000000000000/64', false],
  ['/ip6/2001:db8:1:2:3::4', '20010db800010002/64', false],
  ['/ip6/2001:db8:1:2::', '20010db800010002/64', false],
])('%s is of host %s, loopback: %s', (address, host, loopback) => {
  const ip = ipOf(address) as Uint8Array;
  expect({ host: hostKeyOf(ip), loopback: isLoopback(ip) }).toEqual({ host, loopback });
});
