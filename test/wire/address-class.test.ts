import { expect, test } from '@jest/globals';
import { addressFacts } from '../../src/wire/address-class.js';

test.each([
  ['/ip4/127.0.0.1/tcp/1', 'loopback'],
  ['/ip4/127.255.255.255/tcp/1', 'loopback'],
  ['/ip4/126.255.255.255/tcp/1', 'public'],
  ['/ip4/10.0.0.1/tcp/1', 'private'],
  ['/ip4/11.0.0.1/tcp/1', 'public'],
  ['/ip4/172.15.255.255/tcp/1', 'public'],
  ['/ip4/172.16.0.0/tcp/1', 'private'],
  ['/ip4/172.31.255.255/tcp/1', 'private'],
  ['/ip4/172.32.0.0/tcp/1', 'public'],
  ['/ip4/192.168.0.1/tcp/1', 'private'],
  ['/ip4/192.169.0.1/tcp/1', 'public'],
  ['/ip4/100.63.255.255/tcp/1', 'public'],
  ['/ip4/100.64.0.0/tcp/1', 'private'],
  ['/ip4/100.127.255.255/tcp/1', 'private'],
  ['/ip4/100.128.0.0/tcp/1', 'public'],
  ['/ip4/169.254.1.1/tcp/1', 'linkLocal'],
  ['/ip4/0.0.0.0/tcp/1', 'nowhere'],
  ['/ip4/224.0.0.1/tcp/1', 'nowhere'],
  ['/ip4/255.255.255.255/tcp/1', 'nowhere'],
  ['/ip4/192.0.2.1/tcp/1', 'nowhere'],
  ['/ip4/198.51.100.1/tcp/1', 'nowhere'],
  ['/ip4/203.0.113.1/tcp/1', 'nowhere'],
  ['/ip4/8.8.8.8/tcp/1', 'public'],
  ['/ip6/::1/tcp/1', 'loopback'],
  ['/ip6/::/tcp/1', 'nowhere'],
  ['/ip6/::2/tcp/1', 'public'],
  ['/ip6/fc00::1/tcp/1', 'private'],
  ['/ip6/fdff::1/tcp/1', 'private'],
  ['/ip6/fe00::1/tcp/1', 'public'],
  ['/ip6/fe80::1/tcp/1', 'linkLocal'],
  ['/ip6/febf::1/tcp/1', 'linkLocal'],
  ['/ip6/fec0::1/tcp/1', 'public'],
  ['/ip6zone/eth0/ip6/fe80::1/tcp/1', 'linkLocal'],
  ['/ip6/ff02::1/tcp/1', 'nowhere'],
  ['/ip6/2001:db8::1/tcp/1', 'nowhere'],
  ['/ip6/2001:4860:4860::8888/tcp/1', 'public'],
  ['/ip6/::ffff:127.0.0.1/tcp/1', 'loopback'],
  ['/ip6/::ffff:10.0.0.1/tcp/1', 'private'],
  ['/ip6/::ffff:8.8.8.8/tcp/1', 'public'],
  ['/ip6/64:ff9b::7f00:1/tcp/1', 'loopback'],
  ['/dns4/localhost/tcp/1', 'name'],
  ['/dnsaddr/example.com', 'name'],
  ['/memory/a', 'inside'],
  ['/unix/%2Ftmp%2Fa', 'inside'],
])('%s reaches %s', (address, reach) => {
  expect(addressFacts(address)?.reach).toBe(reach);
});

test.each([
  ['/ip4/1.2.3.4/tcp/4001', { family: 4, layer: 'tcp', port: 4001, isRelayed: false, isWebSocket: false }],
  ['/ip6/2600::1/udp/4001/quic-v1', { family: 6, layer: 'udp', port: 4001, isRelayed: false, isWebSocket: false }],
  ['/ip4/1.2.3.4/tcp/443/tls/ws', { family: 4, layer: 'tcp', port: 443, isRelayed: false, isWebSocket: true }],
  [
    '/ip4/1.2.3.4/tcp/1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5/p2p-circuit',
    { family: 4, layer: 'tcp', port: 1, isRelayed: true, isWebSocket: false },
  ],
  ['/memory/a', { family: undefined, layer: undefined, port: 0, isRelayed: false, isWebSocket: false }],
])('%s', (address, facts) => {
  expect(addressFacts(address)).toMatchObject(facts);
});

test.each(['nonsense', '', '/', '/ip4/256.0.0.1/tcp/1'])('"%s" is no address', (text) => {
  expect(addressFacts(text)).toBeUndefined();
});
