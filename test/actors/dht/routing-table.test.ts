import { describe, expect, test } from '@jest/globals';
import { compareDistance, type PlacedPeer } from '../../../src/actors/dht/key-space.js';
import { RoutingTable, type TableEvent, type TableOptions } from '../../../src/actors/dht/routing-table.js';
import { LIMITS } from '../../../src/limits.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { peersOfBucket, ZERO } from './made-peers.js';

const SELF: PlacedPeer = { id: 'self', bytes: new Uint8Array(0), key: ZERO };

function tableOf(options: Partial<TableOptions> = {}) {
  const time = { nowMs: 0 };
  const events: TableEvent[] = [];
  const table = new RoutingTable({
    self: SELF,
    limits: LIMITS,
    now: () => time.nowMs,
    addressesOf: () => [],
    rule: 'any',
    isDiverse: false,
    ...options,
  });
  table.events$.subscribe((event) => events.push(event));
  return { table, time, events };
}

function randomPeers(seed: string, count: number): readonly PlacedPeer[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const key = random.bytes('key', 32);
    return { id: `peer-${index}`, bytes: key, key };
  });
}

describe('the nearest', () => {
  test.each([1, 2, 3, 4, 5])('are those of all in the table, in order (seed %s)', (seed) => {
    const { table } = tableOf();
    const peers = randomPeers(`nearest-${seed}`, 400);
    for (const peer of peers) table.answered(peer);
    const held = peers.filter(({ id }) => table.has(id));
    expect(held.length).toBe(table.size);
    const keys = [
      ZERO,
      ...randomPeers(`keys-${seed}`, 50).map(({ key }) => key),
      ...held.slice(0, 20).map(({ key }) => key),
    ];
    for (const key of keys) {
      const expected = [...held].sort((left, right) => compareDistance(key, left.key, right.key)).map(({ id }) => id);
      for (const count of [1, 3, 20, 1000]) {
        expect(table.nearest(key, count).map(({ id }) => id)).toEqual(expected.slice(0, count));
      }
    }
  });

  test('are not those that fell silent, unless there are no others', () => {
    const { table } = tableOf();
    const [one, two, three] = peersOfBucket(3, 3) as [PlacedPeer, PlacedPeer, PlacedPeer];
    for (const peer of [one, two, three]) table.answered(peer);
    table.failed(one.id);
    expect(table.nearest(one.key, 2).map(({ id }) => id)).toEqual([three.id, two.id]);
    expect(table.nearest(one.key, 3).map(({ id }) => id)).toEqual([three.id, two.id, one.id]);
    table.answered(one);
    expect(table.nearest(one.key, 1)).toEqual([one]);
  });

  test('of an empty table are none', () => {
    expect(tableOf().table.nearest(ZERO, 20)).toEqual([]);
  });
});

describe('a bucket', () => {
  test('takes k, and lets the next one wait', () => {
    const { table } = tableOf();
    const peers = peersOfBucket(0, LIMITS.kadBucketPeers + 1);
    expect(peers.map((peer) => table.answered(peer))).toEqual([
      ...new Array<string>(LIMITS.kadBucketPeers).fill('added'),
      'waiting',
    ]);
    expect(table.size).toBe(LIMITS.kadBucketPeers);
    expect(table.answered(peers[0] as PlacedPeer)).toBe('known');
  });

  test('is not for ourselves', () => {
    expect(tableOf().table.answered({ ...SELF })).toBe('refused');
  });

  test('gives the place of one that fell silent to one that answers', () => {
    const { table, events } = tableOf();
    const peers = peersOfBucket(0, LIMITS.kadBucketPeers + 1);
    const newest = peers.at(-1) as PlacedPeer;
    for (const peer of peers.slice(0, -1)) table.answered(peer);
    table.failed('bucket-0-4');
    expect(table.has('bucket-0-4')).toBe(true);
    expect(table.answered(newest)).toBe('added');
    expect(table.has('bucket-0-4')).toBe(false);
    expect(events.slice(-2)).toEqual([
      { type: 'peer.removed', peer: 'bucket-0-4' },
      { type: 'peer.added', peer: newest.id },
    ]);
  });

  test('lets one go that fails as often as the limit says, and not before', () => {
    const { table } = tableOf();
    const [peer] = peersOfBucket(0, 1) as [PlacedPeer];
    table.answered(peer);
    for (let failure = 1; failure < LIMITS.kadPeerFailures; failure++) table.failed(peer.id);
    expect(table.has(peer.id)).toBe(true);
    table.failed(peer.id);
    expect(table.has(peer.id)).toBe(false);
  });

  test('has the one not heard of for longest asked, and keeps it if it answers', () => {
    const { table, time, events } = tableOf();
    const peers = peersOfBucket(0, LIMITS.kadBucketPeers + 2);
    for (const peer of peers.slice(0, LIMITS.kadBucketPeers)) {
      table.answered(peer);
      time.nowMs++;
    }
    const doubts = () => events.filter(({ type }) => type === 'peer.doubtful').map(({ peer }) => peer);
    // All have answered of late.
    time.nowMs = LIMITS.kadUsefulMs - 1;
    table.answered(peers[LIMITS.kadBucketPeers] as PlacedPeer);
    expect(doubts()).toEqual([]);
    time.nowMs = LIMITS.kadUsefulMs;
    table.answered(peers[LIMITS.kadBucketPeers] as PlacedPeer);
    table.answered(peers[LIMITS.kadBucketPeers + 1] as PlacedPeer);
    expect(doubts()).toEqual(['bucket-0-0']);
    table.answered(peers[0] as PlacedPeer);
    expect(table.has('bucket-0-0')).toBe(true);
    // The next in doubt does not answer: the latest that waits has its place.
    time.nowMs++;
    table.answered(peers[LIMITS.kadBucketPeers + 1] as PlacedPeer);
    expect(doubts()).toEqual(['bucket-0-0', 'bucket-0-1']);
    table.failed('bucket-0-1');
    expect(table.has('bucket-0-1')).toBe(false);
    expect(table.has(`bucket-0-${LIMITS.kadBucketPeers + 1}`)).toBe(true);
    expect(table.size).toBe(LIMITS.kadBucketPeers);
  });

  test('asks again about one that nobody had time to ask', () => {
    const { table, time, events } = tableOf();
    const peers = peersOfBucket(0, LIMITS.kadBucketPeers + 1);
    for (const peer of peers.slice(0, -1)) table.answered(peer);
    time.nowMs = LIMITS.kadUsefulMs;
    for (let round = 0; round < 2; round++) {
      table.answered(peers.at(-1) as PlacedPeer);
      table.undecided('bucket-0-0');
    }
    expect(events.filter(({ type }) => type === 'peer.doubtful').length).toBe(2);
  });

  test.each([0, 7, 8, 100, 200])('thousands of invented peers in bucket %s push nobody out that lives', (bits) => {
    const { table, time } = tableOf();
    const [...old] = peersOfBucket(bits, LIMITS.kadBucketPeers);
    for (const peer of old) table.answered(peer);
    table.events$.subscribe((event) => {
      // Who is asked answers.
      const asked = old.find(({ id }) => event.type === 'peer.doubtful' && id === event.peer);
      if (asked !== undefined) table.answered(asked);
    });
    for (const invented of peersOfBucket(bits, 5_000).slice(LIMITS.kadBucketPeers)) {
      time.nowMs += 1_000;
      expect(table.answered(invented)).toBe('waiting');
    }
    expect(table.peers).toEqual(old.map(({ id }) => id));
    expect(table.view().map(({ candidates }) => candidates)).toContain(LIMITS.kadBucketCandidates);
  });
});

describe('groups of addresses', () => {
  const addressesOf = (peer: string): readonly string[] => [ADDRESSES[peer] ?? ''];
  const ADDRESSES: Record<string, string> = {};
  const at = (peer: PlacedPeer, address: string): PlacedPeer => {
    ADDRESSES[peer.id] = address;
    return peer;
  };

  test.each([
    { family: 'IPv4', one: (host: number) => `/ip4/93.184.${host}.1/tcp/1`, other: '/ip4/93.185.0.1/tcp/1' },
    { family: 'IPv6', one: (host: number) => `/ip6/2a03:2880:${host}::1/tcp/1`, other: '/ip6/2a03:2881::1/tcp/1' },
  ])('$family: two in a bucket, three in all, and others beside them', ({ one, other }) => {
    const { table } = tableOf({ addressesOf, rule: 'public', isDiverse: true });
    const near = peersOfBucket(5, 3).map((peer, index) => at(peer, one(index)));
    const far = peersOfBucket(1, 3).map((peer, index) => at(peer, one(10 + index)));
    expect(near.map((peer) => table.answered(peer))).toEqual(['added', 'added', 'refused']);
    expect(far.map((peer) => table.answered(peer))).toEqual(['added', 'refused', 'refused']);
    expect(table.answered(at(far[1] as PlacedPeer, other))).toBe('added');
    // One leaves: there is room for one.
    table.remove(near[0]?.id ?? '');
    expect(table.answered(far[2] as PlacedPeer)).toBe('added');
  });

  test('what one network holds waits for no place', () => {
    const { table, time } = tableOf({ addressesOf, rule: 'public', isDiverse: true });
    const peers = peersOfBucket(0, 200).map((peer, index) => at(peer, `/ip4/9${index % 10}.${index}.0.1/tcp/1`));
    for (const peer of peers.slice(0, 20)) table.answered(peer);
    time.nowMs = LIMITS.kadUsefulMs;
    for (const peer of peers.slice(20)) table.answered(at(peer, '/ip4/90.0.0.9/tcp/1'));
    expect(table.view()[0]).toMatchObject({ candidates: 20 });
    table.remove('bucket-0-1');
    table.remove('bucket-0-2');
    // 90.0 holds two places of this bucket then, and not three.
    expect(table.size).toBe(19);
  });

  test.each([
    { rule: 'public', address: '/ip4/10.0.0.1/tcp/1', offered: 'refused' },
    { rule: 'public', address: '/ip4/8.8.8.8/tcp/1', offered: 'added' },
    {
      rule: 'public',
      address: '/ip4/8.8.8.8/tcp/1/p2p/QmdnXwLrC8p1ueiq2Qya8joNvk3TVVDAut7PrikmZwubtR/p2p-circuit',
      offered: 'refused',
    },
    { rule: 'public', address: '', offered: 'refused' },
    { rule: 'private', address: '/ip4/10.0.0.1/tcp/1', offered: 'added' },
    { rule: 'private', address: '/ip4/8.8.8.8/tcp/1', offered: 'refused' },
    { rule: 'any', address: '', offered: 'added' },
  ] as const)('$rule: a peer at "$address" is $offered', ({ rule, address, offered }) => {
    const { table } = tableOf({ addressesOf, rule });
    const [peer] = peersOfBucket(0, 1) as [PlacedPeer];
    expect(table.answered(at(peer, address))).toBe(offered);
  });
});

describe('buckets nobody looked into', () => {
  test('are those up to the last with peers, and one more', () => {
    const { table, time } = tableOf();
    table.answered(peersOfBucket(3, 1)[0] as PlacedPeer);
    expect(table.neglected(1000, 15)).toEqual([0, 1, 2, 3, 4]);
    expect(table.neglected(1000, 2)).toEqual([0, 1]);
    table.lookedUp(peersOfBucket(1, 1)[0]?.key ?? ZERO);
    table.lookedUp(peersOfBucket(4, 1)[0]?.key ?? ZERO);
    table.lookedUp(ZERO);
    expect(table.neglected(1000, 15)).toEqual([0, 2, 3]);
    time.nowMs = 1000;
    expect(table.neglected(1000, 15)).toEqual([0, 1, 2, 3, 4]);
  });
});
