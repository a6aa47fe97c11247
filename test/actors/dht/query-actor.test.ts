import { describe, expect, test } from '@jest/globals';
import type { QueryEvent } from '../../../src/actors/dht/query-events.js';
import { LIMITS } from '../../../src/limits.js';
import type { KadNetwork, KadNode } from '../../../src/sim/kad/kad-network.js';
import type { KadPeer } from '../../../src/wire/kad.js';
import { acquainted, collect, leftOver, NOTHING } from './made-network.js';

const KEY = new TextEncoder().encode('what is looked up');
const find = (node: KadNode) => node.routing.queries.ask({ type: 'FIND_NODE', key: KEY });
const endOf = (events: readonly QueryEvent[]) => {
  const end = events.at(-1);
  if (end?.type !== 'query.ended') throw new Error('it did not end');
  return end;
};
const closestOf = (network: KadNetwork, node: KadNode, count = 20): readonly string[] =>
  network.closest(network.keySpace.keyOf(KEY), count, node.peer.id).map(({ peer }) => peer.id);

/** Peer ids that nobody has. */
function invented(count: number, first = 0): readonly KadPeer[] {
  return Array.from({ length: count }, (_, index) => {
    const id = new Uint8Array(34);
    id.set([0x12, 0x20]);
    new DataView(id.buffer).setUint32(2, first + index + 1);
    return { id, addresses: [], connection: 'notConnected' };
  });
}

describe('a lookup', () => {
  test.each([1, 3])('over %s paths finds the k closest, and asks nobody twice', async (paths) => {
    const { network, nodes } = acquainted(150, {}, { paths });
    const node = nodes[7] as KadNode;
    const { values } = await collect(network, find(node));
    const { closest, record, outcome } = endOf(values);
    expect(outcome).toBe('finished');
    expect(closest.map(({ id }) => id)).toEqual(closestOf(network, node));
    const asked = values.flatMap((event) => (event.type === 'peer.asked' ? [event.peer] : []));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).not.toContain(node.peer.id);
    expect({ paths: record.paths, messages: record.messages }).toEqual({ paths, messages: asked.length });
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('in a small network ends when all were asked', async () => {
    const { network, nodes } = acquainted(6);
    const { values } = await collect(network, find(nodes[0] as KadNode));
    const { closest, outcome } = endOf(values);
    expect({ outcome, closest: closest.map(({ id }) => id) }).toEqual({
      outcome: 'exhausted',
      closest: closestOf(network, nodes[0] as KadNode),
    });
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('leaves a record: who told whom, how far, how long', async () => {
    const { network, nodes } = acquainted(100);
    const { values } = await collect(network, find(nodes[0] as KadNode));
    const { record } = endOf(values);
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    const known = new Set(record.peers.map(({ id }) => id));
    for (const { from, hops } of record.peers) {
      expect(from === undefined ? hops === 1 : hops > 1 && known.has(from)).toBe(true);
    }
    expect(record.answered + record.failed).toBeLessThanOrEqual(record.messages);
    const distances = record.steps.map(({ distanceBits }) => distanceBits);
    expect(distances).toEqual([...distances].sort((left, right) => right - left));
    expect(nodes[0]?.routing.records).toEqual([record]);
  });

  test('is cancelled by unsubscribing, with all that is under way', async () => {
    const { network, nodes } = acquainted(50);
    const events: QueryEvent[] = [];
    const subscription = find(nodes[0] as KadNode).subscribe((event) => events.push(event));
    await network.run(() => events.some(({ type }) => type === 'peer.answered'));
    subscription.unsubscribe();
    const count = events.length;
    await network.run(() => false, 60_000);
    expect(events.length).toBe(count);
    expect(nodes[0]?.routing.records.map(({ outcome }) => outcome)).toEqual(['cancelled']);
    expect(nodes[0]?.routing.queries.running).toBe(0);
    expect(leftOver(network)).toEqual(NOTHING);
  });
});

describe('silence', () => {
  test('of all: the query fails, and says who timed out', async () => {
    const { network, nodes } = acquainted(5);
    for (const { peer } of nodes) network.clog(nodes[0]?.peer.id ?? '', peer.id);
    const { values } = await collect(network, find(nodes[0] as KadNode));
    const { outcome, record } = endOf(values);
    expect({ outcome, failed: record.failed, timedOut: record.timedOut }).toEqual({
      outcome: 'failed',
      failed: 4,
      timedOut: 4,
    });
    expect(values.filter(({ type }) => type === 'peer.timedOut').length).toBe(4);
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('without an end: the query has a deadline of its own', async () => {
    const { network, nodes } = acquainted(5, { answerTimeoutMs: 10 * LIMITS.kadQueryTimeoutMs });
    for (const { peer } of nodes) network.clog(nodes[0]?.peer.id ?? '', peer.id);
    const { values } = await collect(network, find(nodes[0] as KadNode));
    const { outcome, record } = endOf(values);
    expect({ outcome, tookMs: record.tookMs }).toEqual({ outcome: 'timedOut', tookMs: LIMITS.kadQueryTimeoutMs });
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('of one of the closest is waited for no longer than a slow peer is', async () => {
    const { network, nodes } = acquainted(60, { answerTimeoutMs: 30_000 });
    const node = nodes[0] as KadNode;
    network.clog(node.peer.id, closestOf(network, node)[0] ?? '');
    const { values } = await collect(network, find(node));
    const { outcome, record, closest } = endOf(values);
    expect(outcome).toBe('finished');
    expect(record.tookMs).toBeLessThan(3 * LIMITS.kadSlowPeerMs);
    // It is there for the others: several told of it.
    expect(closest.map(({ id }) => id)).toEqual(closestOf(network, node));
  });

  test('of the dead: they are out of the answer, and doubted in the table', async () => {
    const { network, nodes } = acquainted(60);
    const node = nodes[0] as KadNode;
    const dead = closestOf(network, node, 5);
    for (const id of dead) (network.node(id) as KadNode).isDead = true;
    const { values } = await collect(network, find(node));
    const found = endOf(values).closest.map(({ id }) => id);
    expect(found.filter((id) => dead.includes(id))).toEqual([]);
    expect(found.slice(0, 10)).toEqual(closestOf(network, node, 10));
  });
});

describe('lies', () => {
  test('thousands of invented peers from one: a few are asked, and the k closest are found', async () => {
    const { network, nodes } = acquainted(100);
    const [node, liar] = nodes as [KadNode, KadNode];
    liar.answer = (message) => ({ ...message, closerPeers: [...invented(5_000)] });
    node.routing.table.answered(liar.peer);
    const { values } = await collect(network, find(node));
    const { record, closest } = endOf(values);
    expect(closest.map(({ id }) => id)).toEqual(closestOf(network, node));
    const lies = record.peers.filter(({ from }) => from === liar.peer.id);
    expect(lies.length).toBeLessThanOrEqual(LIMITS.kadPeersPerMessage);
    expect(record.messages).toBeLessThan(100 + LIMITS.kadPeersPerMessage);
  });

  test('without end, from everybody: the query forgets, and ends', async () => {
    const { network, nodes } = acquainted(40, {
      limits: { kadQueryPeers: 100, kadRecordPeers: 30, kadRecordSteps: 2 },
    });
    let told = 0;
    for (const liar of nodes.slice(1)) {
      liar.answer = (message) => ({ ...message, closerPeers: [...invented(40, (told += 40))] });
    }
    const { values } = await collect(network, find(nodes[0] as KadNode));
    const { record } = endOf(values);
    expect([record.peers.length, record.peersLeftOut, record.steps.length <= 2]).toEqual([30, 70, true]);
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('ourselves, garbage, and each other in a circle', async () => {
    const { network, nodes } = acquainted(4);
    const [node, ...liars] = nodes as [KadNode, ...KadNode[]];
    for (const liar of liars) {
      const garbage: KadPeer = { id: Uint8Array.of(1, 2, 3), addresses: [], connection: 'connected' };
      liar.answer = (message) => ({ ...message, closerPeers: [node.told, garbage, ...liars.map(({ told }) => told)] });
    }
    const { values } = await collect(network, find(node));
    const { record, outcome } = endOf(values);
    expect({ outcome, messages: record.messages, refused: record.refused }).toEqual({
      outcome: 'exhausted',
      messages: 3,
      refused: { self: 3, malformed: 3, addresses: 0, groups: 0, surplus: 0 },
    });
  });
});

describe('bounds', () => {
  test('as many queries at once as the limit says, and none besides', async () => {
    const { network, nodes } = acquainted(20, { limits: { kadQueriesAtOnce: 3 } });
    const running = [1, 2, 3].map(() => collect(network, find(nodes[0] as KadNode)));
    const { error } = await collect(network, find(nodes[0] as KadNode));
    expect(error?.code).toBe('ERR_DHT_BUSY');
    await Promise.all(running);
    expect((await collect(network, find(nodes[0] as KadNode))).error).toBeUndefined();
  });

  test('with nobody in the table there is nobody to ask', async () => {
    const { network, nodes } = acquainted(1);
    expect((await collect(network, find(nodes[0] as KadNode))).error?.code).toBe('ERR_DHT_NO_PEERS');
  });

  test('the last records are kept', async () => {
    const { network, nodes } = acquainted(10, { limits: { kadQueryRecords: 2 } });
    for (let count = 0; count < 3; count++) await collect(network, find(nodes[0] as KadNode));
    expect(nodes[0]?.routing.records.map(({ query }) => query)).toEqual([2, 3]);
  });

  test('no more paths than the limit says', async () => {
    const { network, nodes } = acquainted(60, {}, { paths: LIMITS.kadDisjointPaths + 1 });
    const { values } = await collect(network, find(nodes[0] as KadNode));
    expect(endOf(values).record.paths).toBe(LIMITS.kadDisjointPaths);
    expect(leftOver(network)).toEqual(NOTHING);
  });
});
