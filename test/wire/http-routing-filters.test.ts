/** Filters of delegated routing, by the rules of IPIP-0484. */
import { describe, expect, test } from '@jest/globals';
import { applyFilters, filterQuery, parseFilter } from '../../src/wire/http-routing-filters.js';

const quic = '/ip4/1.2.3.4/udp/1/quic-v1';
const web = '/ip4/1.2.3.4/udp/1/quic-v1/webtransport';
const tcp6 = '/ip6/2001:db8::1/tcp/1';
const relayed = '/ip4/1.2.3.4/tcp/1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/p2p-circuit';
const all = [quic, web, tcp6, relayed];

const addresses: { filter: string[]; of: string[]; left: string[] | undefined }[] = [
  { filter: [], of: all, left: all },
  { filter: ['webtransport'], of: all, left: [web] },
  { filter: ['WebTransport'], of: all, left: [web] },
  { filter: ['webtransport', 'tcp'], of: all, left: [web, tcp6, relayed] },
  { filter: ['!ip6', '!quic-v1'], of: all, left: [relayed] },
  { filter: ['quic-v1', '!webtransport'], of: all, left: [quic] },
  { filter: ['!p2p-circuit', 'tcp'], of: all, left: [tcp6] },
  { filter: ['webrtc'], of: all, left: undefined },
  { filter: ['quic'], of: all, left: undefined },
  { filter: ['webrtc', 'unknown'], of: all, left: undefined },
  { filter: ['unknown'], of: [], left: [] },
  { filter: ['tcp', 'unknown'], of: [], left: [] },
  { filter: ['tcp'], of: [], left: undefined },
  { filter: ['!tcp'], of: [], left: undefined },
];
test.each(addresses)('addresses $of by $filter', ({ filter, of, left }) => {
  const passed = applyFilters({ addresses: of, protocols: ['x'] }, { addrs: filter });
  expect(passed).toEqual(left === undefined ? undefined : { addresses: left, protocols: ['x'] });
});

const protocols: { filter: string[]; of: string[] | undefined; passes: boolean }[] = [
  { filter: [], of: ['transport-bitswap'], passes: true },
  { filter: ['transport-bitswap'], of: ['transport-graphsync-filecoinv1', 'Transport-Bitswap'], passes: true },
  { filter: ['TRANSPORT-BITSWAP'], of: ['transport-bitswap'], passes: true },
  { filter: ['transport-ipfs-gateway-http'], of: ['transport-bitswap'], passes: false },
  { filter: ['unknown'], of: ['transport-bitswap'], passes: false },
  { filter: ['unknown'], of: undefined, passes: true },
  { filter: ['transport-bitswap', 'unknown'], of: [], passes: true },
  { filter: ['transport-bitswap'], of: undefined, passes: false },
];
test.each(protocols)('protocols $of by $filter: $passes', ({ filter, of, passes }) => {
  const peer = { addresses: all, ...(of === undefined ? {} : { protocols: of }) };
  // What passes keeps all its protocols.
  expect(applyFilters(peer, { protocols: filter })).toEqual(passes ? peer : undefined);
});

test('both have to pass', () => {
  const peer = { addresses: all, protocols: ['transport-bitswap'] };
  expect(applyFilters(peer, { addrs: ['tcp'], protocols: ['unknown'] })).toBeUndefined();
  expect(applyFilters(peer, { addrs: ['webrtc'], protocols: ['transport-bitswap'] })).toBeUndefined();
});

describe('in a query', () => {
  test.each([
    [{}, ''],
    [{ addrs: [], protocols: [] }, ''],
    [{ addrs: ['tcp', '!ip6'] }, '?filter-addrs=tcp,!ip6'],
    [{ addrs: ['tcp'], protocols: ['unknown', 'a&b'] }, '?filter-addrs=tcp&filter-protocols=unknown,a%26b'],
  ])('%j is written %s', (filters, query) => expect(filterQuery(filters)).toBe(query));

  test.each([
    [null, []],
    ['', []],
    [',', []],
    ['TCP,!ip6', ['tcp', '!ip6']],
    [' tcp , ', ['tcp']],
  ])('%s is read as %j', (text, names) => expect(parseFilter(text)).toEqual(names));
});
