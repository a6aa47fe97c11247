/** Tags, the order of trimming, and the rate bound: tables. */
import { describe, expect, test } from '@jest/globals';
import { PeerTags } from '../../../src/actors/policy/peer-tags.js';
import { trimOrder, type TrimCandidate } from '../../../src/actors/policy/trim-order.js';
import { RateBound } from '../../../src/actors/rate-bound.js';
import { LIMITS } from '../../../src/limits.js';

describe('tags', () => {
  test('values add up, expire, and are replaced by name', () => {
    let nowMs = 0;
    const tags = new PeerTags(LIMITS, () => nowMs);
    tags.tag('alice', 'friend', { value: 10 });
    tags.tag('alice', 'useful', { value: 5, ttlMs: 100 });
    tags.tag('alice', 'noisy', { value: -3 });
    tags.tag('alice', 'friend', { value: 20 });
    expect([tags.valueOf('alice'), tags.valueOf('bob')]).toEqual([22, 0]);
    expect(tags.tagsOf('alice')).toEqual({
      friend: { value: 20 },
      useful: { value: 5, expiresAtMs: 100 },
      noisy: { value: -3 },
    });
    nowMs = 99;
    expect(tags.valueOf('alice')).toBe(22);
    nowMs = 100;
    expect(tags.valueOf('alice')).toBe(17);
    expect([tags.untag('alice', 'friend'), tags.untag('alice', 'friend')]).toEqual([true, false]);
    tags.untag('alice', 'noisy');
    expect(tags.size).toBe(0);
  });

  test('a peer is protected while one name protects it', () => {
    const tags = new PeerTags(LIMITS, () => 0);
    tags.protect('alice', 'a');
    tags.protect('alice', 'b');
    tags.protect('alice', 'b');
    expect([tags.unprotect('alice', 'b'), tags.unprotect('alice', 'c'), tags.unprotect('alice', 'a')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(tags.size).toBe(0);
  });

  test('tags of a peer and peers with tags: at the limit taken, one past it refused, room comes back', () => {
    let nowMs = 0;
    const tags = new PeerTags({ ...LIMITS, tagsPerPeer: 2, taggedPeers: 2 }, () => nowMs);
    tags.tag('alice', 'one', { ttlMs: 10 });
    tags.protect('alice', 'two');
    tags.tag('alice', 'one', { ttlMs: 10, value: 7 });
    expect(() => tags.tag('alice', 'three')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(() => tags.protect('alice', 'three')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    tags.tag('bob', 'one', { ttlMs: 10 });
    expect(() => tags.tag('carol', 'one')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    nowMs = 10;
    tags.tag('carol', 'one');
    tags.tag('alice', 'three');
    expect(tags.size).toBe(2);
  });

  test.each([{ value: Number.NaN }, { value: Infinity }, { ttlMs: 0 }, { ttlMs: -1 }, { ttlMs: Number.NaN }])(
    '%j is no tag',
    (options) => {
      const tags = new PeerTags(LIMITS, () => 0);
      expect(() => tags.tag('alice', 'odd', options)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
      expect(tags.size).toBe(0);
    },
  );
});

describe('the order of trimming', () => {
  const candidate = (id: string, part: Partial<TrimCandidate> = {}): TrimCandidate => ({
    id,
    peer: id,
    openedAtMs: 0,
    value: 0,
    isKept: false,
    isSurplus: false,
    streams: 0,
    ownStreams: 0,
    ...part,
  });
  const order = (candidates: readonly TrimCandidate[], count = 99) =>
    trimOrder(candidates, count, 1000, 100).map(({ id }) => id);

  test.each<[string, TrimCandidate[], string[]]>([
    ['kept ones never', [candidate('a', { isKept: true }), candidate('b')], ['b']],
    [
      'grace: at its end, and one millisecond before',
      [candidate('a', { openedAtMs: 900 }), candidate('b', { openedAtMs: 901 })],
      ['a'],
    ],
    [
      'the lowest value first',
      [candidate('a', { value: 5 }), candidate('b', { value: -1 }), candidate('c')],
      ['b', 'c', 'a'],
    ],
    [
      'our own streams before value, the peer’s count for nothing',
      [candidate('a', { streams: 1, ownStreams: 1 }), candidate('b', { value: 9 }), candidate('c', { streams: 9 })],
      ['c', 'b', 'a'],
    ],
    [
      'idle surplus before all, busy surplus like the others',
      [
        candidate('a', { value: -5 }),
        candidate('b', { isSurplus: true, value: 9 }),
        candidate('c', { isSurplus: true, streams: 1, value: 7 }),
      ],
      ['b', 'a', 'c'],
    ],
    ['the youngest first', [candidate('a', { openedAtMs: 1 }), candidate('b', { openedAtMs: 2 })], ['b', 'a']],
    ['of equals the later one', [candidate('a'), candidate('b')], ['b', 'a']],
  ])('%s', (_, candidates, expected) => {
    expect(order(candidates)).toEqual(expected);
  });

  test('as many as are asked for, and none for less', () => {
    const four = ['a', 'b', 'c', 'd'].map((id) => candidate(id));
    expect([order(four, 2), order(four, 0), order(four, -1)]).toEqual([['d', 'c'], [], []]);
  });
});

test('a rate: the burst, then so many a second, never more than the burst', () => {
  const bound = new RateBound(2, 10, 0);
  const taken = [0, 0, 0, 99, 100, 100, 10_000, 10_000, 10_000].map((nowMs) => bound.take(nowMs));
  expect(taken).toEqual([true, true, false, false, true, false, true, true, false]);
});
