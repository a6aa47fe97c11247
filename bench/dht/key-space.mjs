// The key space of Kademlia by brute force, for who makes a network and for who judges what was found in it: SHA-256 of a
// peer's multihash or of a key, and XOR between them.
import { createHash } from 'node:crypto';
import { peerIdToBytes } from '../../dist/crypto/peer-id.js';

/** K: peers of a bucket, and holders of a record. */
export const K = 20;
const KEY_BITS = 256;

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** A peer with its place, as `PlacedPeer` of the engine, and where it listens. */
export function placed(id, address) {
  const bytes = peerIdToBytes(id);
  return { id, bytes, key: sha256(bytes), address };
}

/** The `K` of `peers` that are closest to a key of the key space, closest first. */
export function closestTo(key, peers) {
  const near = peers.map((peer) => ({ peer, distance: peer.key.map((byte, at) => byte ^ key[at]) }));
  return near
    .sort((left, right) => Buffer.compare(left.distance, right.distance))
    .slice(0, K)
    .map(({ peer }) => peer);
}

/** By the order of their keys, so that every bucket of everybody is a range. */
export const inOrder = (peers) => [...peers].sort((left, right) => Buffer.compare(left.key, right.key));

/**
 * Whom the peer at `index` of `ordered` knows: up to `K` of each bucket (those that share n bits with it and no more), drawn
 * by `draw`, which answers an integer from 0 to below its argument.
 */
export function tableOf(ordered, index, draw) {
  const table = [];
  let [from, to] = [0, ordered.length];
  for (let bit = 0; bit < KEY_BITS && to - from > 1; bit += 1) {
    const split = firstWithBit(ordered, from, to, bit);
    const [bucketFrom, bucketTo] = index < split ? [split, to] : [from, split];
    [from, to] = index < split ? [from, split] : [split, to];
    for (const at of drawnOf(bucketTo - bucketFrom, K, draw)) table.push(ordered[bucketFrom + at]);
  }
  return table;
}

/** Numbers from a seed, each an integer from 0 to below what is asked for (xorshift32). */
export function numbersOf(seed) {
  let state = sha256(seed).readUInt32BE(0) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Where in a range that is alike before `bit` the peers begin that have it. */
function firstWithBit(ordered, from, to, bit) {
  const has = ({ key }) => (key[bit >> 3] & (0x80 >> (bit & 7))) !== 0;
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (has(ordered[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Up to `most` different numbers below `size` (Floyd's sampling). */
function drawnOf(size, most, draw) {
  const drawn = new Set();
  for (let last = Math.max(0, size - most); last < size; last += 1) {
    const number = draw(last + 1);
    drawn.add(drawn.has(number) ? last : number);
  }
  return drawn;
}
