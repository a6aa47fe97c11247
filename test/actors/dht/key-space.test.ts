import { describe, expect, test } from '@jest/globals';
import { commonPrefixBits, compareDistance, KeySpace, type PlacedPeer } from '../../../src/actors/dht/key-space.js';
import { portableCiphers } from '../../../src/crypto/portable-ciphers.js';
import { peerIdFromBytes } from '../../../src/crypto/peer-id.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { toHex } from '../../../src/wire/hex.js';

/** From go-libp2p-kbucket's keyspace/xor_test.go. */
const ADJACENT = [
  [173, 149, 19, 27, 192, 183, 153, 192, 177, 175, 71, 127, 177, 79, 207, 38, 166, 169, 247, 96, 121, 228, 139, 240, 144, 172, 183, 232, 54, 123, 253, 14],
  [223, 63, 97, 152, 4, 169, 47, 219, 64, 87, 25, 45, 196, 61, 215, 72, 234, 119, 138, 220, 82, 188, 73, 140, 232, 5, 36, 192, 20, 184, 17, 25],
  [73, 176, 221, 176, 149, 143, 22, 42, 129, 124, 213, 114, 232, 95, 189, 154, 18, 3, 122, 132, 32, 199, 53, 185, 58, 157, 117, 78, 52, 146, 157, 127],
  [73, 176, 221, 176, 149, 143, 22, 42, 129, 124, 213, 114, 232, 95, 189, 154, 18, 3, 122, 132, 32, 199, 53, 185, 58, 157, 117, 78, 52, 146, 157, 127],
  [73, 176, 221, 176, 149, 143, 22, 42, 129, 124, 213, 114, 232, 95, 189, 154, 18, 3, 122, 132, 32, 199, 53, 185, 58, 157, 117, 78, 52, 146, 157, 126],
  [73, 0, 221, 176, 149, 143, 22, 42, 129, 124, 213, 114, 232, 95, 189, 154, 18, 3, 122, 132, 32, 199, 53, 185, 58, 157, 117, 78, 52, 146, 157, 127],
].map((bytes) => Uint8Array.from(bytes)); // prettier-ignore

/** From @libp2p/kad-dht's peer-distance-list.spec.ts: of these, seen from the first, the order is 1, 4, 3, 6, 2. */
const JS_PEERS = ['1', '2', '3', '4', '5'].map((end) => `12D3KooWSExt8hTzoaHEhn435BTK6BPNSY1LpTc1j2o9Gw53tXE${end}`);

const spaceOf = (kadPlacesCached: number): KeySpace => new KeySpace(portableCiphers, { kadPlacesCached });

function sorted(target: Uint8Array, keys: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...keys].sort((left, right) => compareDistance(target, left, right));
}

describe('distances', () => {
  test('go: keys around one of them', () => {
    const center = ADJACENT[2] ?? new Uint8Array(32);
    const order = sorted(center, ADJACENT).map(toHex);
    expect(order).toEqual([2, 3, 4, 5, 1, 0].map((index) => toHex(ADJACENT[index] ?? new Uint8Array(0))));
  });

  test('js: peers around one of them', () => {
    const space = spaceOf(100);
    const [first, ...others] = JS_PEERS.map((id) => space.peer(id)) as [PlacedPeer, ...PlacedPeer[]];
    const order = sorted(
      first.key,
      [first, ...others].map(({ key }) => key),
    ).map(toHex);
    const expected = [1, 4, 3, 5, 2].map((number) => toHex(space.peer(JS_PEERS[number - 1] ?? '').key));
    expect(order).toEqual(expected);
  });

  test('are those of big integers', () => {
    const random = new SeededRandom('distances');
    const big = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
    for (let round = 0; round < 200; round++) {
      const [target, left, right] = [0, 1, 2].map(() => random.bytes('key', 32)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      // Alike in most of their bits, every other time.
      if (round % 2 === 0) left.set(right.subarray(0, round % 32));
      const [l, r] = [big(left) ^ big(target), big(right) ^ big(target)];
      expect(Math.sign(compareDistance(target, left, right))).toBe(l < r ? -1 : l > r ? 1 : 0);
      expect(commonPrefixBits(left, right)).toBe(256 - (big(left) ^ big(right)).toString(2).length);
    }
  });

  test.each([
    { differs: 'nowhere', at: undefined, bits: 256 },
    { differs: 'in the first bit', at: [0, 0x80], bits: 0 },
    // go: ZeroPrefixLen of 00 58 ... is 9, and of 00 00 00 80 it is 24.
    { differs: 'in the tenth', at: [1, 0x58], bits: 9 },
    { differs: 'in the 25th', at: [3, 0x80], bits: 24 },
    { differs: 'in the last', at: [31, 1], bits: 255 },
  ])('two keys that differ $differs share $bits bits', ({ at, bits }) => {
    const other = new Uint8Array(32);
    if (at !== undefined) other[at[0] ?? 0] = at[1] ?? 0;
    expect(commonPrefixBits(new Uint8Array(32), other)).toBe(bits);
  });
});

describe('keys', () => {
  test('are SHA-256: js-libp2p has this one in its tests', () => {
    const key = spaceOf(10).keyOf(new TextEncoder().encode('hello world'));
    expect(toHex(key)).toBe('b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9');
  });

  test('of peers are of their multihash, by text and by bytes', () => {
    const space = spaceOf(10);
    const peer = space.peer(JS_PEERS[0] ?? '');
    expect(toHex(peer.key)).toBe(toHex(space.keyOf(peer.bytes)));
    expect(spaceOf(10).peerOf(peer.bytes)).toEqual(peer);
    expect(space.peerOf(peer.bytes.slice())).toBe(peer);
  });

  test.each([
    { what: 'nothing', bytes: new Uint8Array(0) },
    { what: 'a hash that is cut', bytes: Uint8Array.of(0x12, 0x20, 1, 2, 3) },
    { what: 'SHA-1', bytes: Uint8Array.of(0x11, 0x14, ...new Uint8Array(20)) },
    { what: 'very much', bytes: new Uint8Array(100_000) },
  ])('$what is no peer id', ({ bytes }) => {
    expect(spaceOf(10).peerOf(bytes)).toBeUndefined();
  });

  test('two ids with the same end are two peers', () => {
    const space = spaceOf(10);
    const end = new Uint8Array(32).fill(7);
    const one = space.peerOf(Uint8Array.of(0x12, 0x20, ...end));
    end[0] = 8;
    const other = space.peerOf(Uint8Array.of(0x12, 0x20, ...end));
    expect(one?.id).not.toBe(other?.id);
    expect(space.peerOf(one?.bytes ?? end)?.id).toBe(one?.id);
  });

  test('no more are remembered than the limit', () => {
    const space = spaceOf(10);
    const random = new SeededRandom('cache');
    for (let count = 1; count <= 50; count++) {
      const bytes = Uint8Array.of(0x12, 0x20, ...random.bytes('id', 32));
      expect(space.peerOf(bytes)?.id).toBe(peerIdFromBytes(bytes));
      expect(space.size).toBeLessThanOrEqual(10);
      if (count <= 10) expect(space.size).toBe(count);
    }
  });
});
