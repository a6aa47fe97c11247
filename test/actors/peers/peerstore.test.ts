/** What a node knows of others: how addresses join, live and end, and how it stays small. */
import { describe, expect, test } from '@jest/globals';
import { sizeOf } from '../../../src/actors/peers/bounds.js';
import { Peerstore, type PeerChange } from '../../../src/actors/peers/peerstore.js';
import { LIMITS, type Limits } from '../../../src/limits.js';

const START_MS = 1_764_000_000_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const tcp = (last: number): string => `/ip4/192.0.2.${last}/tcp/4001`;

function newStore(limits: Partial<Limits> = {}) {
  let nowMs = START_MS;
  const changes: PeerChange[] = [];
  const store = new Peerstore({ limits: { ...LIMITS, ...limits }, wallTime: () => nowMs });
  store.changes$.subscribe((change) => changes.push(change));
  return { store, changes, pass: (durationMs: number) => void (nowMs += durationMs) };
}

describe('addresses', () => {
  test('the best come first: meant by a person, dialed, signed, claimed, hearsay', () => {
    const { store } = newStore();
    store.addAddresses('p', [tcp(5)], 'routing');
    store.told('p', { addresses: [tcp(3)], sequence: 1n });
    store.told('p', { addresses: [tcp(4)] });
    store.addAddresses('p', [tcp(2)], 'dialed');
    store.addAddresses('p', [tcp(1)], 'manual');
    expect(store.addressesOf('p')).toEqual([1, 2, 3, 4, 5].map(tcp));
  });

  test('of one source the last told come first, each once', () => {
    const { store } = newStore();
    store.addAddresses('p', [tcp(1), tcp(2)], 'dialed');
    store.addAddresses('p', [tcp(3), tcp(2)], 'dialed');
    expect(store.addressesOf('p')).toEqual([3, 2, 1].map(tcp));
  });

  test('one that is told again by a worse source keeps the better one', () => {
    const { store } = newStore();
    store.addAddresses('p', [tcp(1)], 'manual');
    store.addAddresses('p', [tcp(1)], 'identify');
    expect(store.entryOf('p')?.addresses).toEqual([{ address: tcp(1), source: 'manual' }]);
  });

  test('and the later end of life', () => {
    const { store, pass } = newStore();
    store.addAddresses('p', [tcp(1)], 'dialed');
    pass(MINUTE_MS);
    store.addAddresses('p', [tcp(1)], 'routing');
    expect(store.entryOf('p')?.addresses).toEqual([
      { address: tcp(1), source: 'dialed', expiresAtMs: START_MS + HOUR_MS },
    ]);
  });

  test('what a peer tells anew takes the place of what it told; signed ones that of claimed ones too', () => {
    const { store } = newStore();
    store.addAddresses('p', [tcp(9)], 'dialed');
    store.told('p', { addresses: [tcp(1), tcp(2)] });
    store.told('p', { addresses: [tcp(2), tcp(3)] });
    expect(store.addressesOf('p')).toEqual([9, 2, 3].map(tcp));
    store.told('p', { addresses: [tcp(4)], sequence: 5n });
    expect(store.addressesOf('p')).toEqual([9, 4].map(tcp));
    store.told('p', { addresses: [tcp(5)], sequence: 6n });
    expect(store.addressesOf('p')).toEqual([9, 5].map(tcp));
  });

  test('a signed record older than the one at hand changes no address, and says so', () => {
    const { store } = newStore();
    expect(store.told('p', { addresses: [tcp(1)], sequence: 7n })).toBe(true);
    expect(store.told('p', { addresses: [tcp(2)], sequence: 6n, agentVersion: 'a/2' })).toBe(false);
    expect(store.told('p', { addresses: [tcp(1)], sequence: 7n })).toBe(true);
    expect(store.entryOf('p')).toMatchObject({ recordSequence: 7n, agentVersion: 'a/2' });
    expect(store.addressesOf('p')).toEqual([tcp(1)]);
  });

  test.each([
    { source: 'routing', lifeMs: 2 * MINUTE_MS },
    { source: 'identify', lifeMs: HOUR_MS },
    { source: 'signed', lifeMs: HOUR_MS },
    { source: 'dialed', lifeMs: HOUR_MS },
  ] as const)('one of source $source lives for $lifeMs ms', ({ source, lifeMs }) => {
    const { store, pass } = newStore();
    store.addAddresses('p', [tcp(1)], source);
    pass(lifeMs - 1);
    expect(store.addressesOf('p')).toEqual([tcp(1)]);
    const other = newStore();
    other.store.addAddresses('p', [tcp(1)], source);
    other.pass(lifeMs);
    expect(other.store.addressesOf('p')).toEqual([]);
  });

  test('one that a person gave lives for ever', () => {
    const { store, pass } = newStore();
    store.addAddresses('p', [tcp(1)], 'manual');
    pass(1000 * HOUR_MS);
    expect(store.addressesOf('p')).toEqual([tcp(1)]);
  });

  test('all of them live while the peer is connected; then what it only claimed lives for 15 min, the rest for 1 h', () => {
    const { store, pass } = newStore();
    store.connected('p');
    store.addAddresses('p', [tcp(1)], 'dialed');
    store.told('p', { addresses: [tcp(2)] });
    pass(10 * HOUR_MS);
    expect(store.addressesOf('p')).toEqual([1, 2].map(tcp));
    store.disconnected('p');
    pass(15 * MINUTE_MS - 1);
    expect(store.addressesOf('p')).toEqual([1, 2].map(tcp));
    pass(1);
    expect(store.addressesOf('p')).toEqual([tcp(1)]);
    pass(45 * MINUTE_MS);
    expect(store.addressesOf('p')).toEqual([]);
  });

  test('a clock that is set back lengthens lives, and breaks nothing', () => {
    const { store, pass } = newStore();
    store.addAddresses('p', [tcp(1)], 'dialed');
    pass(-1000 * HOUR_MS);
    expect(store.addressesOf('p')).toEqual([tcp(1)]);
  });
});

describe('bounds', () => {
  const many = (count: number, from = 0): string[] =>
    Array.from({ length: count }, (_, index) => `/ip4/10.${(index + from) >> 8}.${(index + from) & 255}.1/tcp/4001`);

  test('addresses of one peer: 32 are kept, the 33rd is not', () => {
    const { store } = newStore();
    store.addAddresses('p', many(LIMITS.peerstoreAddresses), 'identify');
    expect(store.addressesOf('p').length).toBe(32);
    store.addAddresses('q', many(LIMITS.peerstoreAddresses + 1), 'identify');
    expect(store.addressesOf('q')).toEqual(many(32));
  });

  test('thousands of claims push out neither what was dialed nor what was given', () => {
    const { store } = newStore();
    store.addAddresses('p', [tcp(1)], 'manual');
    store.addAddresses('p', [tcp(2)], 'dialed');
    for (let round = 0; round < 10; round++) store.told('p', { addresses: many(5000, round * 5000) });
    expect(store.addressesOf('p').length).toBe(32);
    expect(store.addressesOf('p').slice(0, 2)).toEqual([1, 2].map(tcp));
  });

  test('an address of 512 characters is kept, one of 513 is not', () => {
    const { store } = newStore();
    const long = (length: number): string => `/dns4/${'a'.repeat(length - '/dns4//tcp/1'.length)}/tcp/1`;
    store.addAddresses('p', [long(512), long(513)], 'identify');
    expect(store.addressesOf('p')).toEqual([long(512)]);
  });

  test('bytes of one peer: protocols go first, then the worst addresses', () => {
    const { store } = newStore({ peerstoreBytesPerPeer: 1000 });
    store.addAddresses('p', many(8), 'identify');
    store.told('p', { protocols: Array.from({ length: 1000 }, (_, index) => `/protocol/${index}`) });
    const entry = store.entryOf('p');
    expect(entry?.protocols).toEqual(['/protocol/0', '/protocol/1']);
    expect(entry?.addresses.map(({ address }) => address)).toEqual(many(8));
    const small = newStore({ peerstoreBytesPerPeer: 500 });
    small.store.addAddresses('p', many(8), 'identify');
    expect(small.store.addressesOf('p')).toEqual(many(2));
  });

  test('peers: the one unused for longest is forgotten, one that was asked for is not, a connected one never', () => {
    const { store, changes } = newStore({ peerstorePeers: 3 });
    store.connected('a');
    for (const peer of ['b', 'c']) store.addAddresses(peer, [tcp(1)], 'dialed');
    store.addressesOf('b');
    store.addAddresses('d', [tcp(1)], 'dialed');
    expect(store.peers).toEqual(['a', 'b', 'd']);
    store.addAddresses('e', [tcp(1)], 'dialed');
    expect(store.peers).toEqual(['a', 'd', 'e']);
    expect(changes.filter(({ after }) => after === undefined).map(({ peer }) => peer)).toEqual(['c', 'b']);
    store.disconnected('a');
    store.addAddresses('f', [tcp(1)], 'dialed');
    expect(store.peers).toEqual(['e', 'a', 'f']);
  });

  test('bytes of all: as many peers as fit', () => {
    const { store } = newStore();
    store.addAddresses('p', [tcp(1)], 'dialed');
    const one = store.bytes;
    const bounded = newStore({ peerstoreBytes: 3 * one });
    for (const peer of ['a', 'b', 'c']) bounded.store.addAddresses(peer, [tcp(1)], 'dialed');
    expect(bounded.store.peers).toEqual(['a', 'b', 'c']);
    bounded.store.addAddresses('d', [tcp(1)], 'dialed');
    expect(bounded.store.peers).toEqual(['b', 'c', 'd']);
  });

  test('the count of bytes is that of what is there, whatever happened', () => {
    const { store, pass } = newStore({ peerstorePeers: 20, peerstoreBytesPerPeer: 2000 });
    for (let step = 0; step < 2000; step++) {
      const peer = `peer ${(step * 7) % 31}`;
      if (step % 5 === 0) store.connected(peer);
      if (step % 3 === 0) store.addAddresses(peer, many(step % 40, step), 'routing');
      if (step % 4 === 0) store.told(peer, { protocols: many(step % 50), addresses: many(3, step) });
      if (step % 6 === 0) store.disconnected(peer);
      if (step % 11 === 0) store.delete(peer);
      store.addressesOf(peer);
      pass(MINUTE_MS);
    }
    const entries = store.peers.map((peer) => store.change(peer, (entry) => entry));
    expect(store.bytes).toBe(entries.reduce((bytes, entry) => bytes + sizeOf(entry), 0));
  });
});

describe('changes', () => {
  test('each is told with what was before and after; use alone is none', () => {
    const { store, changes } = newStore();
    store.addAddresses('p', [tcp(1)], 'dialed');
    store.addressesOf('p');
    store.connected('p');
    store.told('p', { agentVersion: 'a/1' });
    store.delete('p');
    store.delete('p');
    expect(
      changes.map(({ before, after }) => [before?.agentVersion, after?.agentVersion, after === undefined]),
    ).toEqual([
      [undefined, undefined, false],
      [undefined, 'a/1', false],
      ['a/1', undefined, true],
    ]);
  });

  test('a round trip is kept of who is known, and makes nobody known', () => {
    const { store } = newStore();
    store.measured('p', 12);
    expect(store.size).toBe(0);
    store.connected('p');
    store.measured('p', 12);
    expect(store.entryOf('p')?.latencyMs).toBe(12);
  });
});

test('what is stored joins what is here: it is older, and fills the gaps', () => {
  const { store } = newStore({ peerstorePeers: 3 });
  store.told('p', { addresses: [tcp(1)], agentVersion: 'new/2' });
  store.restore([
    [
      'p',
      {
        addresses: [{ address: tcp(2), source: 'manual' }],
        protocols: ['/a'],
        agentVersion: 'old/1',
        metadata: {},
        usedAtMs: 9,
      },
    ],
    ['q', { addresses: [], protocols: [], metadata: {}, usedAtMs: 3 }],
    ['r', { addresses: [], protocols: [], metadata: {}, usedAtMs: 1 }],
    ['s', { addresses: [], protocols: [], metadata: {}, usedAtMs: 2 }],
  ]);
  expect(store.peers).toEqual(['s', 'q', 'p']);
  expect(store.entryOf('p')).toMatchObject({ agentVersion: 'new/2', protocols: ['/a'] });
  expect(store.addressesOf('p')).toEqual([2, 1].map(tcp));
});
