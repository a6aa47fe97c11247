/** What who looks at a node is told of its queries and its routing table, judged by their records and their content. */
import { describe, expect, test } from '@jest/globals';
import type { PlacedPeer } from '../../../src/actors/dht/key-space.js';
import { RoutingTable, type BucketView } from '../../../src/actors/dht/routing-table.js';
import { tellTable } from '../../../src/actors/dht/table-observer.js';
import type { QueryRecord } from '../../../src/actors/dht/query-record.js';
import type { QueryObservation, TableObservation } from '../../../src/actors/observations.js';
import { LIMITS } from '../../../src/limits.js';
import type { KadNode } from '../../../src/sim/kad/kad-network.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { Watcher } from '../../support/observed.js';
import { acquainted, collect } from './made-network.js';
import { peersOfBucket, ZERO } from './made-peers.js';

const KEY = new TextEncoder().encode('what is looked up');
const find = (node: KadNode) => node.routing.queries.ask({ type: 'FIND_NODE', key: KEY });

/** A query put together from what was seen of it alone. */
function rebuilt(seen: readonly QueryObservation[]) {
  const peers = new Map<string, { state: string; from?: string; distanceBits?: number; hops?: number }>();
  for (const { change, peer = '', from, distance_bits: distanceBits = -1, hops = -1 } of seen) {
    if (change === 'heard' && !peers.has(peer)) {
      peers.set(peer, { state: 'heard', ...(from === undefined ? {} : { from }), distanceBits, hops });
    }
    const known = peers.get(peer);
    if (known === undefined || change === 'heard') continue;
    known.state = { dialing: 'asked', 'timed-out': 'failed' }[change as string] ?? change;
  }
  const [start] = seen;
  const end = seen.at(-1);
  return {
    asks: start?.asks,
    keyHex: start?.key,
    targetHex: start?.target,
    paths: start?.paths,
    outcome: end?.outcome,
    messages: end?.messages,
    tookMs: end?.took_ms,
    closest: end?.closest,
    peers,
  };
}

/** The same of the record that the query left. */
function recorded({ peers, ...record }: QueryRecord) {
  const { asks, keyHex, targetHex, paths, outcome, messages, tookMs, closest } = record;
  const all = peers.map(({ id, state, from, distanceBits, hops }) => {
    return [id, { state, ...(from === undefined ? {} : { from }), distanceBits, hops }] as const;
  });
  return { asks, keyHex, targetHex, paths, outcome, messages, tookMs, closest, peers: new Map(all) };
}

describe('a query', () => {
  test.each([
    ['among the living', 0, 0],
    ['among some who are dead', 20, 0],
    ['among some who never answer', 0, 20],
  ])('%s is told as its record has it', async (_, dead, clogged) => {
    const { network, nodes } = acquainted(150, { limits: { kadRecordPeers: 500 } });
    const node = nodes[7] as KadNode;
    for (const other of nodes.slice(20, 20 + dead)) other.isDead = true;
    for (const other of nodes.slice(20, 20 + clogged)) network.clog(node.peer.id, other.peer.id);
    const watcher = new Watcher();
    network.environment.traceTo(watcher);
    await collect(network, find(node));
    const seen = watcher.of('seen:query');
    expect([seen[0]?.change, seen.at(-1)?.change]).toEqual(['started', 'finished']);
    const [record] = node.routing.records;
    expect(rebuilt(seen)).toEqual(recorded(record as QueryRecord));
    const count = (change: string) => seen.filter((each) => each.change === change).length;
    expect(count('dialing')).toBe(record?.messages);
    expect({
      answered: count('answered'),
      failed: count('failed') + count('timed-out'),
      timedOut: count('timed-out'),
    }).toEqual({ answered: record?.answered, failed: record?.failed, timedOut: record?.timedOut });
    if (dead > 0) expect(count('failed')).toBeGreaterThan(0);
    if (clogged > 0) expect(count('late')).toBeGreaterThan(0);
    expect(new Set(watcher.seen.filter(({ name }) => name === 'seen:query').map(({ actor }) => actor))).toEqual(
      new Set(['dht/query:1']),
    );
    network.stop();
  });

  test('tells each answer: how many it told of, and how many of them were new', async () => {
    const { network, nodes } = acquainted(60);
    const watcher = new Watcher();
    network.environment.traceTo(watcher);
    const { values } = await collect(network, find(nodes[0] as KadNode));
    const answers = values.flatMap((event) =>
      event.type === 'peer.answered'
        ? [
            {
              peer: event.peer,
              closer: event.answer.closerPeers.length,
              new_peers: event.heard.length,
              took_ms: event.tookMs,
            },
          ]
        : [],
    );
    const seen = watcher.of('seen:query').filter(({ change }) => change === 'answered');
    expect(seen).toEqual(answers.map((each) => ({ query: 1, change: 'answered', ...each })));
    network.stop();
  });

  test('over several paths names the path of each peer, and who cancels it ends it', async () => {
    const { network, nodes } = acquainted(60, {}, { paths: 3 });
    const watcher = new Watcher();
    network.environment.traceTo(watcher);
    const subscription = find(nodes[0] as KadNode).subscribe();
    await network.run(() => watcher.of('seen:query').some(({ change }) => change === 'answered'));
    subscription.unsubscribe();
    const seen = watcher.of('seen:query');
    expect(new Set(seen.filter(({ change }) => change === 'heard').map(({ path }) => path))).toEqual(
      new Set([0, 1, 2]),
    );
    expect(seen.at(-1)).toMatchObject({ change: 'finished', outcome: 'cancelled' });
    network.stop();
  });
});

/** A table put together from what was seen of it alone: peers by bucket, and those in question. */
class SeenTable {
  readonly buckets = new Map<number, Set<string>>();
  readonly questionable = new Set<string>();

  take({ change, peer, bucket, by }: Omit<TableObservation, 'dht'>): void {
    const peers = this.buckets.get(bucket) ?? new Set();
    this.buckets.set(bucket, peers);
    const isThere = peers.has(peer);
    if (isThere !== (change !== 'added')) throw new Error(`${peer} ${change}: that cannot be`);
    if (change === 'added') peers.add(peer);
    if (change === 'removed' || change === 'replaced') {
      peers.delete(peer);
      this.questionable.delete(peer);
    }
    if (change === 'replaced') peers.add(by ?? '');
    if (change === 'questionable') this.questionable.add(peer);
    if (change === 'confirmed') this.questionable.delete(peer);
  }

  get content(): readonly (readonly [number, readonly string[]])[] {
    const all = [...this.buckets].map(([bucket, peers]) => [bucket, [...peers].sort()] as const);
    return all.filter(([, peers]) => peers.length > 0).sort(([left], [right]) => left - right);
  }
}

const contentOf = (view: readonly BucketView[]) =>
  view
    .map(({ prefixBits, peers }) => [prefixBits, peers.map(({ id }) => id).sort()] as const)
    .filter(([, peers]) => peers.length > 0);

function seenTable(options: { readonly observing: boolean }) {
  const time = { nowMs: 0 };
  const seen: Omit<TableObservation, 'dht'>[] = [];
  const table = new RoutingTable({
    self: { id: 'self', bytes: new Uint8Array(0), key: ZERO },
    limits: { ...LIMITS, kadBucketPeers: 4, kadBucketCandidates: 2 },
    now: () => time.nowMs,
    addressesOf: () => [],
    rule: 'any',
    isDiverse: false,
    observer: {
      observing: options.observing,
      observe: (change) => seen.push(JSON.parse(JSON.stringify(change)) as Omit<TableObservation, 'dht'>),
    },
  });
  return { table, time, seen };
}

describe('a routing table', () => {
  const happened = new Set<string>();

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is what was seen of it, whatever happens to it (seed %s)', (seed) => {
    const { table, time, seen } = seenTable({ observing: true });
    const peers = [0, 1, 2].flatMap((bucket) => peersOfBucket(bucket, 12));
    const random = new SeededRandom(`table-${seed}`);
    const draw = (below: number): number => (random.bytes('draw', 1)[0] ?? 0) % below;
    const rebuiltTable = new SeenTable();
    let taken = 0;
    for (let step = 0; step < 600; step++) {
      const peer = peers[draw(peers.length)] as PlacedPeer;
      time.nowMs += draw(4) === 0 ? LIMITS.kadUsefulMs / 3 : 1;
      const act = draw(12);
      if (act < 5) table.answered(peer);
      else if (act < 7) table.announced(peer);
      else if (act < 10) table.failed(peer.id);
      else table.remove(peer.id);
      for (const change of seen.slice(taken)) rebuiltTable.take(change);
      taken = seen.length;
      expect(rebuiltTable.content).toEqual(contentOf(table.view()));
      const silent = table.view().flatMap((bucket) => bucket.peers.filter(({ failures }) => failures > 0));
      for (const { id } of silent) expect([id, rebuiltTable.questionable.has(id)]).toEqual([id, true]);
    }
    for (const { change, reason = '' } of seen) happened.add(`${change} ${reason}`);
  });

  test('and all that can happen to one did', () => {
    expect([...happened].sort()).toEqual([
      'added announced',
      'added answered',
      'added waited',
      'confirmed ',
      'questionable failed',
      'questionable silent',
      'removed declined',
      'removed failed',
      'replaced announced',
      'replaced answered',
    ]);
  });

  test('is told whole to who comes later', () => {
    const { table } = seenTable({ observing: false });
    for (const peer of [...peersOfBucket(0, 3), ...peersOfBucket(5, 2)]) table.answered(peer);
    table.failed('bucket-5-1');
    const seen: TableObservation[] = [];
    tellTable(table, 'lan-dht', (name, actor, data) => {
      expect([name, actor]).toEqual(['seen:table', 'lan-dht']);
      seen.push(data as TableObservation);
    });
    const standing = { dht: 'lan-dht', change: 'added', reason: 'standing' };
    expect(seen).toEqual([
      ...[0, 1, 2].map((at) => ({ ...standing, peer: `bucket-0-${at}`, bucket: 0 })),
      ...[0, 1].map((at) => ({ ...standing, peer: `bucket-5-${at}`, bucket: 5 })),
      { dht: 'lan-dht', change: 'questionable', reason: 'failed', peer: 'bucket-5-1', bucket: 5 },
    ]);
  });

  test('says nothing while nobody looks', () => {
    const { table, seen } = seenTable({ observing: false });
    for (const peer of peersOfBucket(0, 12)) table.answered(peer);
    table.failed('bucket-0-1');
    table.remove('bucket-0-2');
    expect(seen).toEqual([]);
  });
});
