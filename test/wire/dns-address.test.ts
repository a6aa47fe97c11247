import { expect, test } from '@jest/globals';
import { afterName, dnsaddrName, dnsaddrRecords, namePartOf, withHost } from '../../src/wire/dns-address.js';

test.each([
  ['/dns/a.example/tcp/1', { kind: 'dns', name: 'a.example' }],
  ['/dns4/a.example/tcp/1', { kind: 'dns4', name: 'a.example' }],
  ['/dns6/a.example/tcp/1/ws', { kind: 'dns6', name: 'a.example' }],
  ['/dnsaddr/a.example', { kind: 'dnsaddr', name: 'a.example' }],
  ['/ip4/1.2.3.4/tcp/1', undefined],
  ['/memory/dns4', undefined],
  ['nonsense', undefined],
])('%s names %s', (address, part) => {
  expect(namePartOf(address)).toEqual(part);
});

test.each([
  ['/dns4/a.example/tcp/1', '1.2.3.4', '/ip4/1.2.3.4/tcp/1'],
  ['/dns/a.example/tcp/1', '2600::1', '/ip6/2600::1/tcp/1'],
  ['/dns4/a.example/tcp/80/ws', '1.2.3.4', '/ip4/1.2.3.4/tcp/80/ws'],
  ['/dns4/a.example/tcp/443/wss', '1.2.3.4', '/ip4/1.2.3.4/tcp/443/tls/sni/a.example/ws'],
  ['/dns4/a.example/tcp/443/tls/ws', '1.2.3.4', '/ip4/1.2.3.4/tcp/443/tls/sni/a.example/ws'],
  ['/dns4/a.example/tcp/443/tls/sni/b.example/ws', '1.2.3.4', '/ip4/1.2.3.4/tcp/443/tls/sni/b.example/ws'],
])('%s at %s is %s', (address, ip, expected) => {
  expect(withHost(address, ip)).toBe(expected);
});

test('records of other kinds, and what is no address, are left out', () => {
  const records = [
    'dnsaddr=/ip4/1.2.3.4/tcp/1',
    'v=spf1 -all',
    'dnsaddr=',
    'dnsaddr=nonsense',
    'DNSADDR=/ip4/1.2.3.4',
    '',
  ];
  expect(dnsaddrRecords(records)).toEqual(['/ip4/1.2.3.4/tcp/1']);
  expect(dnsaddrName('a.example')).toBe('_dnsaddr.a.example');
  expect(afterName('/dnsaddr/a.example')).toBe('');
  expect(afterName('/dnsaddr/a.example/tcp/1')).toBe('/tcp/1');
});
