import { describe, expect, test } from '@jest/globals';
import { multihashInBucket } from '../../../src/actors/dht/bucket-keys.js';
import { commonPrefixBits } from '../../../src/actors/dht/key-space.js';
import { LIMITS } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { join } from '../../../src/sim/kad/joining.js';
import { KadNetwork, type KadNode } from '../../../src/sim/kad/kad-network.js';
import { leftOver, NOTHING } from './made-network.js';

const networkOf = (limits = {}): KadNetwork => new KadNetwork({ seed: 'upkeep', ciphers: nodeCiphers, limits });

test('nodes that join through one end up with those near them', async () => {
  const network = networkOf();
  expect(await join(network, { nodes: 60, introductions: 1, seed: 'joining' })).toBe(true);
  for (const { peer, routing } of network.nodes) {
    const near = network.closest(peer.key, 20, peer.id).filter((other) => routing.table.has(other.peer.id));
    expect(near.length).toBeGreaterThanOrEqual(19);
  }
  expect(leftOver(network)).toEqual(NOTHING);
});

test('while nobody is known, the bootstrap peers are dialed again and again', async () => {
  const network = networkOf();
  let dialed = 0;
  const node = network.add({ bootstrap: () => dialed++ });
  node.routing.start();
  await network.run(() => false, 3 * LIMITS.kadBootstrapMs + 1);
  expect(dialed).toBe(4);
  const other = network.add();
  network.introduce(node, other);
  await network.run(() => node.routing.upkeep.state === 'resting', LIMITS.kadBootstrapMs);
  expect([node.routing.table.peers, node.routing.upkeep.state]).toEqual([[other.peer.id], 'resting']);
  // It serves no more.
  network.environment.turns.post(() => node.events.next({ type: 'peer.declines', peer: other.peer.id }));
  expect([node.routing.table.size, node.routing.upkeep.state, dialed]).toEqual([0, 'alone', 5]);
  expect(leftOver(network)).toEqual(NOTHING);
});

test('the table is refreshed after its interval: buckets that nobody used', async () => {
  const network = networkOf();
  await join(network, { nodes: 40, seed: 'refresh' });
  const [node] = network.nodes as [KadNode];
  const before = node.routing.queries.records.at(-1)?.query ?? 0;
  await network.run(() => false, 2 * LIMITS.kadRefreshMs);
  const after = node.routing.queries.records.at(-1)?.query ?? 0;
  // Ourselves, and each bucket up to one past the last.
  expect(after - before).toBeGreaterThanOrEqual(3);
  expect(leftOver(network)).toEqual(NOTHING);
});

test('one in doubt is asked, and stays or goes by its answer; so many at once and no more', async () => {
  const network = networkOf({ kadBucketPeers: 2, kadChecksAtOnce: 1, kadUsefulMs: 1_000 });
  const node = network.add();
  const others = Array.from({ length: 40 }, () => network.add()).filter(
    ({ peer }) => commonPrefixBits(peer.key, node.peer.key) === 0,
  );
  const [living, dead, third] = others as [KadNode, KadNode, KadNode];
  const { table } = node.routing;
  node.routing.start();
  network.environment.turns.post(() => {
    table.answered(living.peer);
    table.answered(dead.peer);
  });
  dead.isDead = true;
  await network.run(() => false, 2_000);
  network.introduce(node, third);
  await network.run(() => table.has(third.peer.id), 60_000);
  for (let round = 0; round < 3 && !table.has(third.peer.id); round++) {
    network.introduce(node, third);
    await network.run(() => table.has(third.peer.id), 60_000);
  }
  expect([living, dead, third].map(({ peer }) => table.has(peer.id))).toEqual([true, false, true]);
  expect(leftOver(network)).toEqual(NOTHING);
});

describe('keys that fall into a bucket', () => {
  const { environment, keySpace } = networkOf();
  const self = keySpace.keyOf(Uint8Array.of(1));
  test.each([0, 1, 2, 5, 8])('bucket %s', (bits) => {
    const multihash = multihashInBucket(environment, keySpace, self, bits);
    expect([...multihash.subarray(0, 2), multihash.length]).toEqual([0x12, 0x20, 34]);
    expect(commonPrefixBits(self, keySpace.keyOf(multihash))).toBe(bits);
  });

  test('one too far is the farthest that some thousand tries find', () => {
    const bits = commonPrefixBits(self, keySpace.keyOf(multihashInBucket(environment, keySpace, self, 200)));
    expect(bits).toBeGreaterThanOrEqual(8);
  });
});
