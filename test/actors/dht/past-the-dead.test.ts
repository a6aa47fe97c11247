/** Looking past the dead: which places are asked about, and of whom; and lookups right after a fifth of a network died. */
import { describe, expect, test } from '@jest/globals';
import { KeySpace, type PlacedPeer } from '../../../src/actors/dht/key-space.js';
import { PastTheDead, type PastProbe } from '../../../src/actors/dht/past-the-dead.js';
import { headOf } from '../../../src/actors/dht/providing/region-space.js';
import type { QueryEvent } from '../../../src/actors/dht/query-events.js';
import { QueryPeers, type QueryPeer } from '../../../src/actors/dht/query-peers.js';
import { EVERYBODY, tellingOf } from '../../../src/actors/dht/telling.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { KadNetwork, KadNode } from '../../../src/sim/kad/kad-network.js';
import { kill } from '../../../src/sim/kad/trial.js';
import { acquainted, collect, leftOver, NOTHING } from './made-network.js';
import { peerAt, ZERO } from './made-peers.js';

const headAt = (distance: number): number => headOf(peerAt(distance).key);
const told = (...peers: PlacedPeer[]) => peers.map((peer) => ({ peer, addresses: [] }));

/** Ten peers at 10, 20 ... 100, all of whom answered but those that are gone; k is 4, and answers end at `reach`. */
function looking({ gone = [20], reach = 40, most = 8 }: { gone?: number[]; reach?: number; most?: number } = {}) {
  const peers = new QueryPeers(ZERO, { closest: 4, settling: 3, most: 64 });
  const entries = new Map<number, QueryPeer>();
  for (let distance = 10; distance <= 100; distance += 10) {
    const entry = peers.add(peerAt(distance), []) as QueryPeer;
    entries.set(distance, entry);
    peers.mark(entry, 'asked', 0);
    if (gone.includes(distance)) peers.mark(entry, 'failed', 1, 'ERR_DIAL_FAILED');
    else {
      peers.mark(entry, 'answered', 1);
      peers.note(entry, tellingOf(0, told(peerAt(reach)), false));
    }
  }
  const keySpace = new KeySpace(nodeCiphers, LIMITS);
  const past = new PastTheDead({ target: ZERO, peers, keySpace, settling: 3, most, peersEach: 2 });
  return { peers, past, keySpace, at: (distance: number) => entries.get(distance) as QueryPeer };
}

describe('the next place', () => {
  test('is none where nobody is gone', () => {
    const { past } = looking({ gone: [] });
    expect([past.hasNext(), past.begin(0)]).toEqual([false, []]);
  });

  test('is none where answers reach as far as the k closest', () => {
    // Those that count are at 10, 30, 40 and 50.
    expect(looking({ reach: 50 }).past.hasNext()).toBe(false);
    expect(looking({ reach: 49 }).past.hasNext()).toBe(true);
  });

  test('lies beyond what answers reach, and is asked of the two closest to it', () => {
    const { past, keySpace, peers } = looking();
    const probes = past.begin(7);
    const [{ head, key } = { head: -1, key: ZERO }] = probes;
    expect(headOf(keySpace.keyOf(key))).toBe(head);
    expect([head > headAt(40), head <= headAt(51)]).toEqual([true, true]);
    const distance = ({ peer }: QueryPeer): number => (head ^ headOf(peer.key)) >>> 0;
    const nearest = peers.all
      .filter(({ state }) => state === 'answered')
      .sort((one, two) => distance(one) - distance(two));
    expect(probes.map(({ peer }) => peer.peer.id)).toEqual(nearest.slice(0, 2).map(({ peer }) => peer.id));
    expect(probes.map(({ askedAtMs }) => askedAtMs)).toEqual([7, 7]);
    expect(past.underWay).toBe(2);
  });

  test('is another as long as the shorter of its answers leaves a gap', () => {
    const { past } = looking({ reach: 33 });
    const [one, two] = past.begin(0) as [PastProbe, PastProbe];
    past.answered(one, told(peerAt(200)), false);
    expect(past.underWay).toBe(1);
    past.answered(
      two,
      told({ ...peerAt(1), key: Uint8Array.of(one.head >>> 24, (one.head >>> 16) & 0xff, 255) }),
      false,
    );
    expect(past.underWay).toBe(0);
    const [next] = past.begin(0);
    expect(next?.head).not.toBe(one.head);
  });

  test('is none when those who were asked know nobody else', () => {
    const { past } = looking();
    for (const probe of past.begin(0)) past.answered(probe, [], true);
    expect([past.underWay, past.hasNext()]).toEqual([0, false]);
  });

  test('is asked of the next two where nobody answers, and given up when nobody is left', () => {
    const { past } = looking({ most: 100 });
    const asked: string[] = [];
    const [first] = looking().past.begin(0);
    for (let probes = past.begin(0); probes.length > 0; probes = past.begin(0)) {
      for (const probe of probes) {
        if (probe.head === first?.head) asked.push(probe.peer.peer.id);
        past.failed(probe);
      }
    }
    expect([new Set(asked).size, asked.length]).toEqual([9, 9]);
    expect(past.underWay).toBe(0);
  });

  test('is waited for as long as a slow peer is; who answers later is heard, and how far it reaches is not', () => {
    const { past, at } = looking();
    const [one, two] = past.begin(5) as [PastProbe, PastProbe];
    past.setSlowAside(4);
    expect(past.underWay).toBe(2);
    past.setSlowAside(5);
    expect(past.underWay).toBe(0);
    past.answered(one, told(at(10).peer), true);
    const said = one.peer.tellings.at(-1);
    expect([said?.head, said?.reach, said?.names('peer-10'), said?.names('peer-30')]).toEqual([
      one.head,
      EVERYBODY,
      true,
      false,
    ]);
    expect(past.hasNext()).toBe(true);
    past.failed(two);
  });

  test('is not moved by two who say that they know nobody farther', () => {
    const { past, at, peers } = looking({ gone: [20] });
    const honest = looking({ gone: [20] }).past.begin(0);
    for (const liar of [at(10), at(30)]) {
      liar.tellings = [];
      peers.note(liar, tellingOf(0, told(peerAt(1)), false));
    }
    // The third of the answers that end nearest says how far all of them reach.
    expect(past.begin(0).map(({ head }) => head)).toEqual(honest.map(({ head }) => head));
  });

  test.each([
    [0, 0],
    [1, 1],
    [5, 5],
  ])('of %i questions in all, %i are asked', (most, asked) => {
    const { past } = looking({ most });
    let count = 0;
    for (let probes = past.begin(0); probes.length > 0; probes = past.begin(0)) {
      for (const probe of probes) past.failed(probe);
      count += probes.length;
    }
    expect([count, past.hasNext()]).toEqual([asked, false]);
  });
});

const SEED = process.env['KAD_SEED'] ?? 'past-the-dead';
const NODES = 200;
const LOOKUPS = 60;

/** Lookups from one node of a network of which a fifth has just died. */
async function lookUp(limits: Partial<Limits> = {}, paths = 1) {
  const { network, nodes } = acquainted(NODES, { seed: SEED, limits }, { paths });
  kill(network, 0.2, SEED);
  const node = nodes.find(({ isDead }) => !isDead) as KadNode;
  const ends: { readonly isExact: boolean; readonly events: readonly QueryEvent[]; readonly end: QueryEnd }[] = [];
  for (let count = 0; count < LOOKUPS; count++) {
    const key = network.environment.random.bytes('key', 32);
    const { values } = await collect(network, node.routing.queries.ask({ type: 'FIND_NODE', key }));
    const end = endOf(values);
    const found = end.closest.map(({ id }) => id);
    ends.push({ isExact: found.join() === closestOf(network, node, key).join(), events: values, end });
  }
  return { network, node, ends, exact: ends.filter(({ isExact }) => isExact).length };
}

type QueryEnd = Extract<QueryEvent, { type: 'query.ended' }>;

function endOf(events: readonly QueryEvent[]): QueryEnd {
  const end = events.at(-1);
  if (end?.type !== 'query.ended') throw new Error('it did not end');
  return end;
}

function closestOf(network: KadNetwork, node: KadNode, key: Uint8Array): readonly string[] {
  return network.closest(network.keySpace.keyOf(key), 20, node.peer.id).map(({ peer }) => peer.id);
}

describe(`right after a fifth of ${NODES} nodes died (KAD_SEED=${SEED})`, () => {
  test.each([1, 3])('lookups over %i paths find the k closest of the living', async (paths) => {
    const { network, ends, exact } = await lookUp({}, paths);
    expect({ seed: SEED, exact }).toEqual({ seed: SEED, exact: LOOKUPS });
    const probes = ends.map(({ end }) => end.record.probes.length);
    expect([probes.some((count) => count > 0), Math.max(...probes) <= LIMITS.kadProbesPerQuery]).toEqual([true, true]);
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('and without the questions past the dead, they do not', async () => {
    const { exact, ends } = await lookUp({ kadProbesPerQuery: 0 });
    expect({ seed: SEED, exact, fewer: exact < 0.9 * LOOKUPS }).toEqual({ seed: SEED, exact, fewer: true });
    expect(ends.flatMap(({ end }) => end.record.probes)).toEqual([]);
  });

  test('the record and the events tell of each question, and who asks how many is bounded', async () => {
    const { network, ends } = await lookUp({ kadProbesPerQuery: 3, kadProbePeers: 2 });
    for (const { end, events } of ends) {
      const { probes, messages, answered, failed } = end.record;
      const asked = events.filter((event) => event.type === 'peer.asked');
      const past = asked.flatMap((event) => (event.type === 'peer.asked' ? (event.probeHex ?? []) : []));
      expect({ messages, past }).toEqual({ messages: asked.length, past: probes.map(({ keyHex }) => keyHex) });
      expect(answered + failed).toBeLessThanOrEqual(messages);
      for (const { tookMs, heard, error } of probes) {
        expect({ isOver: (tookMs ?? 0) > 0, told: (heard ?? -1) >= 0, error }).toEqual({
          isOver: true,
          told: true,
          error: undefined,
        });
      }
      // The same place is asked about at two peers.
      const peersOf = new Map<string, string[]>();
      for (const { keyHex, peer } of probes) peersOf.set(keyHex, [...(peersOf.get(keyHex) ?? []), peer]);
      for (const peers of peersOf.values()) expect(new Set(peers).size).toBe(peers.length);
      expect(JSON.parse(JSON.stringify(end.record))).toEqual(end.record);
    }
    const counts = ends.map(({ end }) => end.record.probes.length);
    expect(Math.max(...counts)).toBe(3);
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test('who looks for a value or for one peer asks for nothing beside it', async () => {
    const { network, node } = await lookUp({});
    const key = network.environment.random.bytes('key', 32);
    for (const options of [
      { type: 'GET_PROVIDERS' },
      { type: 'GET_VALUE' },
      { type: 'FIND_NODE', sought: 'nobody' },
    ] as const) {
      const { values } = await collect(network, node.routing.queries.ask({ key, ...options }));
      expect(endOf(values).record.probes).toEqual([]);
    }
  });

  test('a lookup without faults asks for nothing beside its key', async () => {
    const { network, nodes } = acquainted(NODES, { seed: SEED });
    for (let count = 0; count < LOOKUPS; count++) {
      const key = network.environment.random.bytes('key', 32);
      const { values } = await collect(network, (nodes[0] as KadNode).routing.queries.ask({ type: 'FIND_NODE', key }));
      expect(endOf(values).record.probes).toEqual([]);
    }
    expect(leftOver(network)).toEqual(NOTHING);
  });
});
