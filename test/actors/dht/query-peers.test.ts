import { describe, expect, test } from '@jest/globals';
import { mergedClosest, QueryPeers, type QueryPeer } from '../../../src/actors/dht/query-peers.js';
import { headOf } from '../../../src/actors/dht/providing/region-space.js';
import type { Telling } from '../../../src/actors/dht/telling.js';
import { peerAt, ZERO } from './made-peers.js';

const listOf = (...distances: number[]) => {
  const peers = new QueryPeers(ZERO, { closest: 4, settling: 2, most: 8 });
  const entries = distances.map((distance) => peers.add(peerAt(distance), []) as QueryPeer);
  return { peers, entries };
};
const answer = (peers: QueryPeers, entry: QueryPeer | undefined): void => {
  if (entry === undefined) throw new Error('nobody to answer');
  peers.mark(entry, 'asked', 0);
  peers.mark(entry, 'answered', 1);
};
/** The head of a peer at a distance. */
const head = (distance: number): number => headOf(peerAt(distance).key);
const idsOf = (entries: readonly QueryPeer[]): readonly string[] => entries.map(({ peer }) => peer.id);

test('peers are sorted by distance, each once', () => {
  const { peers, entries } = listOf(5, 1, 9, 3);
  expect(idsOf(peers.all)).toEqual(['peer-1', 'peer-3', 'peer-5', 'peer-9']);
  expect(peers.add(peerAt(3), [], entries[0])).toBeUndefined();
  expect(peers.all.length).toBe(4);
});

test('the closest is asked first, and nobody beyond the k closest that count', () => {
  const { peers, entries } = listOf(1, 2, 3, 4, 5);
  const asked: string[] = [];
  for (let next = peers.next(); next !== undefined; next = peers.next()) {
    asked.push(next.peer.id);
    peers.mark(next, 'asked', 0);
  }
  expect(asked).toEqual(['peer-1', 'peer-2', 'peer-3', 'peer-4']);
  peers.mark(entries[1] as QueryPeer, 'failed', 1, 'ERR_DIAL_FAILED');
  expect(peers.next()?.peer.id).toBe('peer-5');
  expect([peers.underWay, peers.pending]).toEqual([3, 3]);
});

test('hops count those asked on the way', () => {
  const { peers, entries } = listOf(9);
  const second = peers.add(peerAt(5), [], entries[0]) as QueryPeer;
  const third = peers.add(peerAt(1), [], second) as QueryPeer;
  expect([entries[0]?.hops, second.hops, third.hops]).toEqual([1, 2, 3]);
});

describe('where it stands', () => {
  test('open, settled, complete', () => {
    const { peers, entries } = listOf(1, 2, 3, 4, 5);
    const standings = [peers.standing];
    for (const entry of entries.slice(0, 4)) {
      answer(peers, entry);
      standings.push(peers.standing);
    }
    expect(standings).toEqual(['open', 'open', 'settled', 'settled', 'complete']);
  });

  test('an answer from farther away settles nothing', () => {
    const { peers, entries } = listOf(1, 2, 3, 4);
    for (const entry of entries.slice(1)) answer(peers, entry);
    expect(peers.standing).toBe('open');
  });

  test('those that failed do not count', () => {
    const { peers, entries } = listOf(1, 2, 3);
    peers.mark(entries[0] as QueryPeer, 'failed', 1);
    answer(peers, entries[1]);
    answer(peers, entries[2]);
    expect(peers.standing).toBe('settled');
  });

  describe('one who is silent counts by the word of those near it', () => {
    const AT = headOf(ZERO);
    const telling = (reach: number, ...ids: string[]): Telling => ({
      head: AT,
      reach: head(reach),
      names: (id) => ids.includes(id),
    });
    const yes = telling(9, 'peer-1');
    const no = telling(9);
    const short = telling(0);
    test.each<[string, Telling[], boolean]>([
      ['two name it', [yes, yes, short], true],
      ['two name it, one does not', [yes, yes, no], true],
      ['one names it', [yes, short, short], false],
      ['one names it, twice', [yes, yes], false],
      ['as many do as do not', [yes, yes, no, no], false],
      ['nobody could know', [short, short, short], false],
    ])('%s', (name, tellings, isKnown) => {
      for (const ended of ['late', 'failed'] as const) {
        const { peers, entries } = listOf(1, 2, 3, 4, 5, 6);
        const [slow, ...others] = entries as [QueryPeer, ...QueryPeer[]];
        for (const entry of others.slice(0, 4)) answer(peers, entry);
        const says = (by: number): QueryPeer => others[name.endsWith('twice') ? 0 : by] as QueryPeer;
        for (const [by, each] of tellings.entries()) peers.note(says(by), each);
        peers.mark(slow, 'asked', 0);
        expect(peers.standing).toBe('open');
        expect(peers.slow(0)).toEqual([slow]);
        peers.mark(slow, 'late', 1);
        // When its time-out is over it is as silent as before.
        if (ended === 'failed') peers.mark(slow, 'failed', 2, 'ERR_DIAL_TIMEOUT');
        const closest = ['peer-2', 'peer-3', 'peer-4'];
        expect(idsOf(peers.closest())).toEqual(isKnown ? ['peer-1', ...closest] : [...closest, 'peer-5']);
        expect(peers.extent).toMatchObject({ counted: 4, gone: isKnown ? 0 : 1 });
        expect([peers.standing, peers.underWay, peers.pending]).toEqual(['complete', 0, ended === 'late' ? 1 : 0]);
        peers.mark(slow, 'failed', 3, 'ERR_DIAL_FAILED');
        expect(idsOf(peers.closest())[0]).toBe('peer-2');
        peers.mark(slow, 'answered', 4);
        expect(idsOf(peers.closest())[0]).toBe('peer-1');
      }
    });

    test('those far away are not asked for their word, but for a place that they were asked about', () => {
      const { peers, entries } = listOf(1, 2, 3, 4, 5, 6, 7);
      const [slow, ...others] = entries as [QueryPeer, ...QueryPeer[]];
      for (const entry of others) answer(peers, entry);
      peers.mark(slow, 'late', 1);
      // The k closest that answered are those at 2, 3, 4 and 5.
      for (const near of others.slice(0, 4)) peers.note(near, short);
      for (const far of others.slice(4)) peers.note(far, yes);
      expect(idsOf(peers.closest())[0]).toBe('peer-2');
      const beside = head(1) + 5;
      for (const far of others.slice(4)) peers.note(far, { head: beside, reach: 5, names: (id) => id === 'peer-1' });
      expect(idsOf(peers.closest())[0]).toBe('peer-1');
    });
  });
});

test('progress is one among the closest few', () => {
  const { peers } = listOf(5, 6, 7);
  const far = peers.add(peerAt(8), []) as QueryPeer;
  const third = peers.add(peerAt(6, 1), []) as QueryPeer;
  const close = peers.add(peerAt(5, 1), []) as QueryPeer;
  expect([far, third, close].map((entry) => peers.isAmongClosestFew(entry))).toEqual([false, false, true]);
});

test('at the bound, the farthest that was not asked is forgotten', () => {
  const { peers, entries } = listOf(10, 20, 30, 40, 50, 60, 70, 80);
  peers.mark(entries[7] as QueryPeer, 'asked', 0);
  expect(peers.forgotten).toBe(0);
  expect(peers.add(peerAt(90), [])).toBeUndefined();
  expect(peers.add(peerAt(15), [])).toBeDefined();
  expect(idsOf(peers.all)).toEqual([10, 15, 20, 30, 40, 50, 60, 80].map((distance) => `peer-${distance}`));
  expect(peers.forgotten).toBe(2);
});

test('the closest of several paths are those of all, each once', () => {
  const paths = [listOf(1, 3, 5, 7), listOf(1, 2, 9), listOf(4)];
  for (const { peers, entries } of paths) for (const entry of entries) answer(peers, entry);
  const merged = mergedClosest(
    ZERO,
    paths.map(({ peers }) => peers.closest()),
    5,
  );
  expect(idsOf(merged)).toEqual(['peer-1', 'peer-2', 'peer-3', 'peer-4', 'peer-5']);
});
