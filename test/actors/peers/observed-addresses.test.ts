/** Our addresses as others see them: who counts, what counts, and that nobody confirms alone. */
import { describe, expect, test } from '@jest/globals';
import { ObservedAddresses, type Observation } from '../../../src/actors/peers/observed-addresses.js';
import { LIMITS } from '../../../src/limits.js';

const LISTENING = ['/ip4/10.0.0.5/tcp/4001', '/ip6/fd00::5/tcp/4001'];
const SEEN = '/ip4/203.0.113.9/tcp/4001';
const MINUTE_MS = 60_000;

const from = (host: number | string, over: Partial<Observation> = {}): Observation => ({
  peer: `peer ${host}`,
  remoteAddress: typeof host === 'number' ? `/ip4/198.51.100.${host}/tcp/${5000 + host}` : host,
  inbound: true,
  observed: SEEN,
  ...over,
});

function observing(...observations: readonly Observation[]): ObservedAddresses {
  const observed = new ObservedAddresses(LIMITS, () => LISTENING);
  for (const observation of observations) observed.observe(observation, 0);
  return observed;
}

test('three observers are not enough, four are', () => {
  const observed = observing(from(1), from(2), from(3));
  expect(observed.confirmed(0)).toEqual([]);
  observed.observe(from(4), 0);
  expect(observed.confirmed(0)).toEqual([SEEN]);
});

test('the oldest sight of some addresses, of all their observers', () => {
  const observed = observing(from(1));
  expect(observed.oldestOf([])).toBeUndefined();
  expect(observed.oldestOf(['/ip4/203.0.113.8/tcp/4001'])).toBeUndefined();
  observed.observe(from(2), MINUTE_MS);
  expect(observed.oldestOf([SEEN])).toBe(0);
  observed.observe(from(1), 2 * MINUTE_MS);
  expect(observed.oldestOf([SEEN])).toBe(MINUTE_MS);
});

describe('who counts once', () => {
  test('one observer, however often', () => {
    expect(observing(...Array.from({ length: 100 }, () => from(1))).confirmed(0)).toEqual([]);
  });

  test('a hundred peers behind one IPv4 address', () => {
    const crowd = Array.from({ length: 100 }, (_, index) =>
      from(1, { peer: `peer ${index}`, remoteAddress: `/ip4/198.51.100.1/tcp/${index + 1}` }),
    );
    expect(observing(...crowd).confirmed(0)).toEqual([]);
  });

  test('a hundred addresses of one IPv6 network', () => {
    const crowd = Array.from({ length: 100 }, (_, index) =>
      from(`/ip6/2001:db8:1:2${index.toString(16).padStart(2, '0')}::1/tcp/1`),
    );
    expect(observing(...crowd).confirmed(0)).toEqual([]);
  });

  test('without an IP address it is the peer', () => {
    const named = (peer: string): Observation => from(1, { peer, remoteAddress: `/memory/${peer}` });
    expect(observing(...['a', 'a', 'b', 'c'].map(named)).confirmed(0)).toEqual([]);
    expect(observing(...['a', 'b', 'c', 'd'].map(named)).confirmed(0)).toEqual([SEEN]);
  });
});

describe('what counts', () => {
  const all = (over: Partial<Observation>): readonly string[] =>
    observing(...[1, 2, 3, 4].map((host) => from(host, over))).confirmed(0);

  test.each([
    { name: 'seen by who dialed us', over: {}, counts: true },
    { name: 'another port, seen by who dialed us', over: { observed: '/ip4/203.0.113.9/tcp/31337' }, counts: true },
    { name: 'IPv6', over: { observed: '/ip6/2001:db8::9/tcp/4001' }, counts: true },
    { name: 'seen by whom we dialed, from a port that we listen on', over: { inbound: false }, counts: true },
    {
      name: 'seen by whom we dialed, from another port',
      over: { inbound: false, observed: '/ip4/203.0.113.9/tcp/31337' },
      counts: false,
    },
    { name: 'one that we listen on', over: { observed: LISTENING[0] }, counts: false },
    { name: 'loopback', over: { observed: '/ip4/127.0.0.1/tcp/4001' }, counts: false },
    { name: 'loopback of IPv6', over: { observed: '/ip6/::1/tcp/4001' }, counts: false },
    { name: 'unspecified', over: { observed: '/ip4/0.0.0.0/tcp/4001' }, counts: false },
    { name: 'another transport', over: { observed: '/ip4/203.0.113.9/udp/4001/quic-v1' }, counts: false },
    {
      name: 'through a relay',
      over: {
        observed: '/ip4/203.0.113.9/tcp/4001/p2p/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7/p2p-circuit',
      },
      counts: false,
    },
    { name: 'a name', over: { observed: '/dns4/example.org/tcp/4001' }, counts: false },
    { name: 'no address', over: { observed: 'here' }, counts: false },
  ])('$name: $counts', ({ over, counts }) => {
    expect(all(over as Partial<Observation>).length).toBe(counts ? 1 : 0);
  });

  test('a node that listens nowhere is seen nowhere', () => {
    const observed = new ObservedAddresses(LIMITS, () => []);
    for (const host of [1, 2, 3, 4]) observed.observe(from(host), 0);
    expect(observed.confirmed(0)).toEqual([]);
  });
});

test('an observation lives for half an hour', () => {
  const observed = observing(from(1), from(2), from(3));
  observed.observe(from(4), 10 * MINUTE_MS);
  expect(observed.confirmed(30 * MINUTE_MS)).toEqual([SEEN]);
  expect(observed.confirmed(30 * MINUTE_MS + 1)).toEqual([]);
  for (const host of [1, 2, 3]) observed.observe(from(host), 40 * MINUTE_MS);
  expect(observed.confirmed(40 * MINUTE_MS)).toEqual([SEEN]);
  expect(observed.confirmed(40 * MINUTE_MS + 1)).toEqual([]);
});

describe('bounds', () => {
  const other = (index: number): string => `/ip4/203.0.${index >> 8}.${index & 255}/tcp/4001`;

  test('three are told, those with most observers', () => {
    const observed = new ObservedAddresses(LIMITS, () => LISTENING);
    for (let address = 0; address < 4; address++) {
      for (let host = 0; host < 4 + address; host++)
        observed.observe(from(10 * address + host, { observed: other(address) }), 0);
    }
    expect(observed.confirmed(0)).toEqual([3, 2, 1].map(other));
  });

  test('one that says something else each time holds four places, and pushes out nobody', () => {
    const observed = observing(from(1), from(2), from(3));
    for (let index = 0; index < 10_000; index++) observed.observe(from(99, { observed: other(index) }), 0);
    observed.observe(from(4), 0);
    expect(observed.confirmed(0)).toEqual([SEEN]);
  });

  test('many who each say something else push out what fewest have seen', () => {
    const observed = observing(from(1), from(2), from(3));
    for (let index = 0; index < 1000; index++) {
      observed.observe(from(`/ip4/10.9.${index >> 8}.${index & 255}/tcp/1`, { observed: other(index) }), 0);
    }
    observed.observe(from(4), 0);
    expect(observed.confirmed(0)).toEqual([SEEN]);
  });
});
