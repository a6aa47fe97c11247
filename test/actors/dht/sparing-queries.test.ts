/** Queries that spare messages: whom they name, whom they ask, and how few that are. */
import { describe, expect, test } from '@jest/globals';
import { compareDistance } from '../../../src/actors/dht/key-space.js';
import type { QueryEvent } from '../../../src/actors/dht/query-events.js';
import { LIMITS } from '../../../src/limits.js';
import type { KadNetwork, KadNode } from '../../../src/sim/kad/kad-network.js';
import type { KadPeer } from '../../../src/wire/kad.js';
import { invented } from '../../support/invented-peers.js';
import { acquainted, collect, leftOver, NOTHING } from './made-network.js';

const keyOf = (number: number): Uint8Array => new TextEncoder().encode(`what is looked up ${number}`);

const closestOf = (network: KadNetwork, node: KadNode, key: Uint8Array, count = 20): readonly string[] =>
  network.closest(network.keySpace.keyOf(key), count, node.peer.id).map(({ peer }) => peer.id);

/** Runs one; what it found, its record, and the most that were under way at once. */
async function run(network: KadNetwork, node: KadNode, key: Uint8Array, known: readonly string[] = []) {
  const asking = node.routing.queries.ask({
    type: 'FIND_NODE',
    key,
    isSparing: true,
    known: known.map((id) => ({ id, addresses: [] })),
  });
  const { values } = await collect(network, asking);
  let underWay = 0;
  let most = 0;
  for (const { type } of values) {
    if (type === 'peer.asked') most = Math.max(most, ++underWay);
    else if (type === 'peer.answered' || type === 'peer.failed' || type === 'peer.timedOut') underWay--;
  }
  const end = values.at(-1) as Extract<QueryEvent, { type: 'query.ended' }>;
  return { found: end.closest.map(({ id }) => id), outcome: end.outcome, record: end.record, most };
}

describe.each([1, 3])('over %i paths', (paths) => {
  test('the 20 closest of 300 are named first, by a quarter of the messages, three at once', async () => {
    const { network, nodes } = acquainted(300, {}, { paths });
    let sparing = 0;
    let thorough = 0;
    let named = 0;
    for (let number = 0; number < 40; number++) {
      const node = nodes[(number * 7) % nodes.length] as KadNode;
      const { found, outcome, record, most } = await run(network, node, keyOf(number));
      const closest = closestOf(network, node, keyOf(number));
      named += closest.filter((id) => found.slice(0, 20).includes(id)).length;
      expect({ number, outcome, nearest: found.slice(0, 10) }).toEqual({
        number,
        outcome: 'finished',
        nearest: closest.slice(0, 10),
      });
      // One more goes where one of the closest few is new, on each path.
      expect(most).toBeLessThanOrEqual(LIMITS.kadClosestAnswers + paths);
      expect(record.closest).toEqual(found.slice(0, 20));
      sparing += record.messages;
      const whole = await collect(network, node.routing.queries.ask({ type: 'FIND_NODE', key: keyOf(number) }));
      const end = whole.values.at(-1) as Extract<QueryEvent, { type: 'query.ended' }>;
      thorough += end.record.messages;
    }
    expect(named / (20 * 40)).toBeGreaterThanOrEqual(0.995);
    expect(thorough / sparing).toBeGreaterThanOrEqual(4);
    expect(leftOver(network)).toEqual(NOTHING);
  });
});

test('who is known already is not looked for: three are asked, and they are the closest', async () => {
  const { network, nodes } = acquainted(300);
  const [node] = nodes as [KadNode];
  const closest = closestOf(network, node, keyOf(1));
  const { found, record } = await run(network, node, keyOf(1), [...closest, closest[0] ?? '', node.peer.id]);
  expect(found.slice(0, 20)).toEqual(closest);
  expect(record.peers.filter(({ state }) => state === 'answered').map(({ id }) => id)).toEqual(closest.slice(0, 3));
  expect([record.messages, record.peers.some(({ id }) => id === node.peer.id)]).toEqual([3, false]);
  expect(leftOver(network)).toEqual(NOTHING);
});

test('up to twice as many are named as keep a record', async () => {
  const { network, nodes } = acquainted(300);
  const { found } = await run(network, nodes[5] as KadNode, keyOf(2));
  expect(found.length).toBeGreaterThan(20);
  expect(found.length).toBeLessThanOrEqual(40);
});

test('who is gone is passed over among the closest few, and named where nobody asked', async () => {
  const { network, nodes } = acquainted(300, { answerTimeoutMs: 30_000 });
  const [node] = nodes as [KadNode];
  const closest = closestOf(network, node, keyOf(3));
  const [first, second, tenth] = [closest[0], closest[1], closest[9]];
  for (const each of nodes) each.isDead = [first, second, tenth].includes(each.peer.id);
  const { found, outcome, record } = await run(network, node, keyOf(3), closest);
  expect(outcome).toBe('finished');
  expect(record.failed).toBeGreaterThanOrEqual(2);
  expect(found.slice(0, 18)).toEqual(closest.slice(2));
  expect(found).toContain(tenth);
});

test('one of the closest few who is silent to us is waited for no longer than a slow peer is', async () => {
  const { network, nodes } = acquainted(300, { answerTimeoutMs: 30_000 });
  const [node] = nodes as [KadNode];
  const closest = closestOf(network, node, keyOf(5));
  network.clog(node.peer.id, closest[1] ?? '');
  const { found, outcome, record } = await run(network, node, keyOf(5));
  expect(outcome).toBe('finished');
  expect(record.tookMs).toBeLessThan(2 * LIMITS.kadSlowPeerMs);
  // It is there for the others: several told of it.
  expect(found.slice(0, 10)).toEqual(closest.slice(0, 10));
});

test('peers that everybody makes up and that are nearer than who answers are not named', async () => {
  const { network, nodes } = acquainted(300);
  const [node, ...liars] = nodes as [KadNode, ...KadNode[]];
  const target = network.keySpace.keyOf(keyOf(6));
  const nearest = Array.from({ length: 20_000 }, (_, index) => network.keySpace.peer(invented(index)))
    .sort((left, right) => compareDistance(target, left.key, right.key))
    .slice(0, 12);
  const made = nearest.map(({ bytes: id }): KadPeer => ({ id, addresses: [], connection: 'notConnected' }));
  for (const liar of liars) {
    const { answer } = liar;
    liar.answer = (message, from) => {
      const answered = answer(message, from);
      return { ...answered, closerPeers: [...made, ...answered.closerPeers].slice(0, 20) };
    };
  }
  const { found, outcome, record } = await run(network, node, keyOf(6));
  expect(outcome).toBe('finished');
  expect(nearest.filter(({ id }) => found.includes(id))).toEqual([]);
  // Each of them was asked, for it could have been there.
  expect(record.failed).toBe(12);
  expect(found.slice(0, 3)).toEqual(closestOf(network, node, keyOf(6), 3));
});

test('in a network of four all are named', async () => {
  const { network, nodes } = acquainted(4);
  const [node, ...others] = nodes as [KadNode, ...KadNode[]];
  const { found } = await run(network, node, keyOf(4));
  expect(new Set(found)).toEqual(new Set(others.map(({ peer }) => peer.id)));
  expect(leftOver(network)).toEqual(NOTHING);
});
