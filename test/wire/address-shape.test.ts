import { expect, test } from '@jest/globals';
import { addressShape, ipGroupOf, portOf } from '../../src/wire/address-shape.js';

test.each([
  { address: '/ip4/192.0.2.1/tcp/4001', shape: 'ip4/tcp', port: '4001', group: 'ip4/192.0.2.1' },
  { address: '/ip6/2001:db8:1:2ff::9/tcp/1', shape: 'ip6/tcp', port: '1', group: 'ip6/2001:0db8:0001:02' },
  { address: '/ip6/::ffff:192.0.2.1/udp/1/quic-v1', shape: 'ip6/udp/quic-v1', port: '1', group: 'ip4/192.0.2.1' },
  { address: '/ip6/::1/tcp/4001/ws', shape: 'ip6/tcp/ws', port: '4001', group: 'ip6/0000:0000:0000:00' },
  { address: '/memory/a', shape: 'memory', port: undefined, group: undefined },
  { address: '/dns4/example.org/tcp/1', shape: 'dns4/tcp', port: '1', group: undefined },
  { address: 'none', shape: undefined, port: undefined, group: undefined },
])('$address', ({ address, shape, port, group }) => {
  expect({ shape: addressShape(address), port: portOf(address), group: ipGroupOf(address) }).toEqual({
    shape,
    port,
    group,
  });
});

test.each([
  { one: '/ip6/2001:db8:1:200::1/tcp/1', other: '/ip6/2001:db8:1:2ff:ffff::1/tcp/2', same: true },
  { one: '/ip6/2001:db8:1:200::1/tcp/1', other: '/ip6/2001:db8:1:300::1/tcp/1', same: false },
  { one: '/ip4/192.0.2.1/tcp/1', other: '/ip4/192.0.2.1/tcp/2', same: true },
  { one: '/ip4/192.0.2.1/tcp/1', other: '/ip4/192.0.2.2/tcp/1', same: false },
])('$one and $other are one network: $same', ({ one, other, same }) => {
  expect(ipGroupOf(one) === ipGroupOf(other)).toBe(same);
});
